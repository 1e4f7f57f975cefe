"""What the files of a physical copy say of themselves: settings that hide damage, and whether a list is of theirs."""

import json
from pathlib import Path

import pytest

from drill.clusters import Cluster

LABEL = "START WAL LOCATION: {} (file 000000010000000000000002)\nSTART TIMELINE: 1\n"


def cluster(folder: Path, files: dict[str, str]) -> Cluster:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return Cluster(folder, None)


@pytest.mark.parametrize(
    ("files", "hiding"),
    [
        ({}, []),
        ({"postgresql.conf": "zero_damaged_pages = on"}, ["zero_damaged_pages"]),
        ({"postgresql.conf": "# zero_damaged_pages = on"}, []),
        ({"postgresql.conf": "zero_damaged_pages on\nzero_damaged_pages off"}, []),
        ({"postgresql.conf": "Zero_Damaged_Pages 'YES'", "postgresql.auto.conf": ""}, ["zero_damaged_pages"]),
        ({"postgresql.conf": "zero_damaged_pages = on", "postgresql.auto.conf": "zero_damaged_pages = off"}, []),
        ({"postgresql.conf": "include 'a'", "a": "ignore_checksum_failure = 1"}, ["ignore_checksum_failure"]),
        ({"postgresql.conf": "include_if_exists = a", "a": "ignore_checksum_failure = 1"}, ["ignore_checksum_failure"]),
        ({"postgresql.conf": "include_if_exists = a"}, []),
        ({"postgresql.conf": "include 'a'\nignore_checksum_failure = 0", "a": "ignore_checksum_failure = 1"}, []),
        ({"postgresql.conf": "#include 'a'", "a": "ignore_checksum_failure = 1"}, []),
        ({"postgresql.conf": "include_dir 'd'", "d/a.conf": "ignore_system_indexes=t"}, ["ignore_system_indexes"]),
        ({"postgresql.conf": "include_dir 'd'", "d/a.conf.old": "ignore_system_indexes=t"}, []),
        (
            {"postgresql.conf": "include_dir 'd'", "d/a.conf": "include b.conf", "d/b.conf": "zero_damaged_pages=on"},
            ["zero_damaged_pages"],
        ),
        ({"postgresql.conf": "include 'postgresql.conf'\nzero_damaged_pages=on"}, ["zero_damaged_pages"]),
    ],
)
def test_settings_that_hide_damage_are_found_in_all_files_of_the_copy(
    files: dict[str, str], hiding: list[str], tmp_path: Path
) -> None:
    found = cluster(tmp_path, files)
    assert (found.hiding, found.unread) == (hiding, [])


@pytest.mark.parametrize("word", ["include", "include_if_exists", "include_dir"])
def test_what_is_included_from_elsewhere_is_told_and_not_read(word: str, tmp_path: Path) -> None:
    cluster(tmp_path / "other", {"its.conf": "zero_damaged_pages = on"})
    place = "../other" if word == "include_dir" else "../other/its.conf"
    found = cluster(tmp_path / "copy", {"postgresql.conf": f"{word} '{place}'\n{word} '{place}'"})
    assert (found.hiding, found.unread) == ([], [place])
    (tmp_path / "copy" / "link").symlink_to(tmp_path / "other")
    linked = cluster(tmp_path / "copy", {"postgresql.conf": f"{word} 'link{place.removeprefix('../other')}'"})
    assert (linked.hiding, len(linked.unread)) == ([], 1)


@pytest.mark.parametrize(
    ("files", "manifested"),
    [
        ({}, False),
        ({"backup_manifest": "{}"}, True),
        ({"backup_manifest": "{}", "backup_label.old": ""}, False),
        ({"backup_manifest": "0/2000028", "backup_label": LABEL.format("0/2000028")}, True),
        ({"backup_manifest": "0/2000028", "backup_label": LABEL.format("0/2000028"), "backup_label.old": ""}, True),
        ({"backup_manifest": "0/2000028", "backup_label": LABEL.format("0/9000028")}, False),
        ({"backup_manifest": "0/9000028", "backup_label": LABEL.format("0/10000028")}, False),
        ({"backup_manifest": "1/28", "backup_label": LABEL.format("0/9000028")}, True),
        ({"backup_manifest": "torn", "backup_label": LABEL.format("0/9000028")}, True),
        ({"backup_manifest": "0/2000028", "backup_label": "none"}, True),
    ],
)
def test_a_list_of_files_counts_where_it_was_made_with_the_backup(
    files: dict[str, str], manifested: bool, tmp_path: Path
) -> None:
    begun = files.get("backup_manifest", "")
    text = json.dumps({"WAL-Ranges": [{"Timeline": 1, "Start-LSN": begun, "End-LSN": begun}]})
    listed = {"backup_manifest": text} if "/" in begun else {}
    assert cluster(tmp_path, {**files, **listed}).manifested is manifested
