"""Dumps that are offered as copies: packed, cut short, in a folder."""

import gzip
from pathlib import Path

import pytest

from drill.dumpfile import DumpFile, Form
from drill.errors import ScenarioError, Unloadable
from drill.offered import Offered
from drill.packing import Packing
from tests.unit.test_dumpfile import CUSTOM, PLAIN, ROLES, made, tarred


@pytest.mark.parametrize(
    ("content", "form"),
    [(PLAIN, Form.PLAIN), (CUSTOM, Form.CUSTOM), (tarred("toc.dat", "1.dat"), Form.TAR)],
)
def test_a_compressed_dump_may_be_offered_as_a_copy(tmp_path: Path, content: bytes, form: Form) -> None:
    dump = DumpFile.offered(made(tmp_path, gzip.compress(content)))
    assert (dump.form, dump.packing, dump.cut) == (form, Packing.GZIP, "")
    (tmp_path / "below").mkdir()
    assert dump.unpacked(tmp_path / "below").path.read_bytes() == content


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (PLAIN[:200], "is cut short"),
        (gzip.compress(PLAIN, mtime=0)[:60], "damaged or cut short"),
        (tarred("toc.dat", "1.dat")[:1024], "is cut short"),
    ],
)
def test_one_that_is_cut_short_may_be_offered_and_tells_it(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in DumpFile.offered(made(tmp_path, content)).cut


@pytest.mark.parametrize(
    "content", [PLAIN[:200], PLAIN[: PLAIN.index(b"-- PostgreSQL database dump complete")], CUSTOM[:9] + b"\0" * 99_999]
)
def test_what_is_cut_within_its_packing_is_told_when_it_is_unpacked(tmp_path: Path, content: bytes) -> None:
    noise = bytes(range(256)) * 400  # so that the first look does not reach the end
    whole = gzip.compress(PLAIN[:400] + noise + content)
    dump = DumpFile.offered(made(tmp_path, whole))
    (tmp_path / "below").mkdir()
    with pytest.raises(Unloadable, match=f"{tmp_path / 'dump'} is cut short"):
        dump.unpacked(tmp_path / "below")
    made(tmp_path, whole[: len(whole) - 20])
    with pytest.raises(Unloadable, match="damaged or cut short"):
        dump.unpacked(tmp_path / "below")


def test_what_is_no_dump_within_its_packing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is of pg_dumpall, not of one database"):
        DumpFile.offered(made(tmp_path, gzip.compress(ROLES)))


def test_names_of_databases_and_of_the_roles_are_found_behind_what_says_that_they_are_packed(tmp_path: Path) -> None:
    for name, content in {"land.sql.gz": PLAIN, "town.gz": PLAIN, "sea.dump": CUSTOM, "globals.sql.gz": ROLES}.items():
        (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    offered = Offered.recognised(tmp_path)
    assert offered.dumps.keys() == {"land", "town", "sea"}
    assert offered.roles == tmp_path / "globals.sql.gz"
    (tmp_path / "globals.sql").write_bytes(ROLES)
    with pytest.raises(ScenarioError, match="holds the roles twice"):
        Offered.recognised(tmp_path)
