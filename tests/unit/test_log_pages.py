"""Which pages of a segment say that they are where they lie."""

from pathlib import Path

from drill.clusters import Cluster
from drill.log_pages import PAGE, own_pages

BEGINS = 0x7000000


def segment(file: Path, *addresses: int) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(bytes(8) + at.to_bytes(8, "little") + bytes(PAGE - 16) for at in addresses))
    return file


def test_a_page_that_was_taken_from_an_older_segment_is_none_of_them(tmp_path: Path) -> None:
    file = segment(tmp_path / "segment", BEGINS, BEGINS + PAGE, 0x3000000 + 2 * PAGE, BEGINS + 3 * PAGE, 0)
    assert list(own_pages(file, BEGINS)) == [BEGINS, BEGINS + PAGE, BEGINS + 3 * PAGE]
    file.write_bytes(file.read_bytes()[: PAGE + 9])
    assert list(own_pages(file, BEGINS)) == [BEGINS]
    assert list(own_pages(tmp_path / "none", BEGINS)) == []


def test_the_archives_segment_comes_before_the_copys_own_and_a_complete_one_before_a_part(tmp_path: Path) -> None:
    copy, archive = tmp_path / "copy", tmp_path / "archive"
    segment(copy / "pg_wal" / "one", 0)
    segment(archive / "one", BEGINS)
    segment(archive / "two.partial", BEGINS)
    segment(copy / "pg_wal" / "two", 0)
    cluster = Cluster(copy, archive)
    assert list(cluster.own_pages("one", BEGINS)) == [BEGINS]
    assert list(cluster.own_pages("two", BEGINS)) == []
    assert list(Cluster(copy, None).own_pages("one", BEGINS)) == []
