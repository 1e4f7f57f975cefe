"""The forms in which a physical copy comes: tars, tablespaces, a log elsewhere, segments of another size."""

from __future__ import annotations

import gzip
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from drill import seals
from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.errors import CannotRun, ScenarioError
from drill.hosts import Premises
from drill.hosts.process import ProcessPremises
from drill.packed_backup import PackedBackup
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.site import Site
from drill.unlogged import UNLOGGED
from drill.verdict import Verdict
from drill.verified import Verified
from tests.fix_home import ARCHIVING, create_bank, lone, origin_of, stop_in_order
from tests.integration.test_cli import drill

_SEGMENT = 1024 * 1024  # bytes: not what initdb makes unless told so
Names = dict[tuple[str, str], str]


@dataclass(frozen=True)
class Forms:
    """One sealed server with a tablespace and an unlogged table, copied in each form."""

    folder: Path
    sealed: Sealed
    premises: Premises
    space: str  # the number of its tablespace
    spaces: Path  # where it was
    tars: Mapping[str, Path] = field(default_factory=dict)

    def verify(
        self,
        copy: Path,
        wal: Path | None = None,
        target: str = "latest",
        spaces: Mapping[str, Path] | None = None,
        allowed: frozenset[str] = frozenset({UNLOGGED}),
    ) -> Verified:
        found = Cluster.recognised(copy, wal, spaces) or PackedBackup.recognised(copy, wal, spaces or {})
        assert found is not None
        verification = ClusterVerification(found, Aim.named(target), self.sealed, self.premises, allowed=allowed)
        return verification.run(lambda _: None)


@pytest.fixture(scope="module")
def forms(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forms]:
    folder = tmp_path_factory.mktemp("forms")
    with lone(embedded_premises, ARCHIVING, f"--wal-segsize={_SEGMENT // 1024 // 1024}") as site:
        spaces = Path(site.host.disk / "spaces")
        site.host.run(["mkdir", str(spaces)], deadline=10)
        create_bank(site, "bank")
        back_up(site, folder / "first", "-Fp")
        with site.console("bank") as console:
            console.execute(f"create tablespace far location '{spaces}'".encode())
            console.execute("create table moved tablespace far as select i from generate_series(1, 3000) i")
            console.execute("create unlogged table waiting as select i from generate_series(1, 9) i")
        ((space,),) = site.ask("select oid::text from pg_tablespace where spcname = 'far'")
        back_up(site, folder / "early", "-Fp", "-T", f"{spaces}={folder / 'early-space'}")
        sealed = Sealing(origin_of(site, folder), How.QUIESCED, restore_point="sealed").take(lambda _: None)
        back_up(site, folder / "plain", "-Fp", "-T", f"{spaces}={folder / 'space'}")
        back_up(site, folder / "tar", "-Ft")
        back_up(site, folder / "tar-gz", "-Ft", "-z")
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), folder / "archive")
        shutil.copytree(str(site.data), folder / "stopped", symlinks=True)
        shutil.copytree(spaces, folder / "stopped-space")
        yield Forms(folder, sealed, embedded_premises, str(space), spaces)


def back_up(site: Site, to: Path, *how: str) -> None:
    dsn = origin_of(site, to.parent).dsn
    argv = [site.program("pg_basebackup"), "-D", str(to), "-c", "fast", *how, "-d", dsn]
    subprocess.run(argv, check=True, timeout=60, capture_output=True)


def by(verified: Verified, verdict: Verdict) -> Names:
    return {(f.register, f.check): f.actual for f in verified.findings if f.verdict is verdict}


def assert_met(verified: Verified) -> None:
    assert (by(verified, Verdict.MISSED), by(verified, Verdict.UNKNOWN)) == ({}, {})
    assert verified.exit_code == 0


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# -- tars ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["tar", "tar-gz"])
def test_tars_of_a_base_backup_are_met_and_only_read(form: str, forms: Forms) -> None:
    before = contents(forms.folder / form)
    verified = forms.verify(forms.folder / form)
    assert_met(verified)
    assert verified.form == "a base backup as 3 tar files"
    assert ("copy", "manifest") in by(verified, Verdict.MET)
    assert contents(forms.folder / form) == before


@pytest.mark.docker
def test_a_container_takes_tars_alike(forms: Forms, docker_premises: Premises) -> None:
    there = Forms(forms.folder, forms.sealed, docker_premises, forms.space, forms.spaces)
    assert_met(there.verify(forms.folder / "tar"))


def test_base_tar_by_its_own_name_takes_what_lies_beside_it_and_alone_its_log_from_an_archive(
    forms: Forms, tmp_path: Path
) -> None:
    assert PackedBackup.recognised(forms.folder / "tar" / "base.tar", None, {}) is not None
    shutil.copy(forms.folder / "tar" / "base.tar", tmp_path / "nightly.tar")
    spaces = {forms.space: forms.folder / "space"}
    verified = forms.verify(tmp_path / "nightly.tar", forms.folder / "archive", spaces=spaces)
    assert_met(verified)
    assert "its files one by one: there is no backup_manifest" in verified.unchecked


def test_the_command_takes_a_tar_and_lists_what_it_was_allowed(forms: Forms, tmp_path: Path) -> None:
    (tmp_path / "seal.json").write_text(seals.written(forms.sealed))
    words = ("--seal", str(tmp_path / "seal.json"), "--on", "embedded", "--allow", UNLOGGED)
    done = drill("verify", str(forms.folder / "tar-gz" / "base.tar.gz"), *words)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "empty, as --allow unlogged accepts: public.waiting" in done.stdout


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 2 // 3])


def _flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("form", "harm", "says"),
    [
        ("tar", lambda folder, space: _cut(folder / "base.tar"), "base.tar is damaged or cut short"),
        ("tar-gz", lambda folder, space: _cut(folder / "base.tar.gz"), "base.tar.gz is damaged or cut short"),
        ("tar-gz", lambda folder, space: _flipped(folder / "base.tar.gz"), "base.tar.gz is damaged or cut short"),
        ("tar", lambda folder, space: _cut(folder / "pg_wal.tar"), "pg_wal.tar is damaged or cut short"),
        ("tar", lambda folder, space: (folder / f"{space}.tar").unlink(), ".tar is missing, the tablespace that was"),
    ],
    ids=["cut", "cut, gzip", "rotten, gzip", "the log cut", "a tablespace gone"],
)
def test_a_damaged_tar_is_missed(
    form: str, harm: Callable[[Path, str], None], says: str, forms: Forms, tmp_path: Path
) -> None:
    shutil.copytree(forms.folder / form, tmp_path / "copy")
    harm(tmp_path / "copy", forms.space)
    verified = forms.verify(tmp_path / "copy")
    assert says in by(verified, Verdict.MISSED)[("copy", "restored")]
    assert by(verified, Verdict.UNKNOWN)[("bank", "content")] == "never surveyed"
    assert verified.exit_code == 1


def test_rot_within_a_tar_is_missed_by_its_manifest(forms: Forms, tmp_path: Path) -> None:
    shutil.copytree(forms.folder / "tar", tmp_path / "copy")
    file = tmp_path / "copy" / f"{forms.space}.tar"
    _flipped(file)
    missed = by(forms.verify(tmp_path / "copy"), Verdict.MISSED)
    assert f"pg_tblspc/{forms.space}" in missed[("copy", "manifest")]


def test_a_tar_without_a_data_folder_and_two_of_one_are_refused(forms: Forms, tmp_path: Path) -> None:
    shutil.copy(forms.folder / "tar" / "pg_wal.tar", tmp_path / "base.tar")
    with pytest.raises(CannotRun, match="holds no data folder at its top"):
        forms.verify(tmp_path)
    (tmp_path / "base.tar.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(ScenarioError, match=r"holds both base\.tar and base\.tar\.gz"):
        forms.verify(tmp_path)


# -- tablespaces, and a log elsewhere --------------------------------------------------------------------------------


def test_a_tablespace_outside_of_the_copy_must_be_named_and_is_met_then(forms: Forms) -> None:
    with pytest.raises(ScenarioError, match="outside of the copy") as told:
        forms.verify(forms.folder / "plain")
    assert f"--tablespace {forms.space}=DIR" in told.value.hint
    before = contents(forms.folder / "space")
    assert_met(forms.verify(forms.folder / "plain", spaces={forms.space: forms.folder / "space"}))
    assert contents(forms.folder / "space") == before


def test_a_tablespace_within_the_copy_is_followed(forms: Forms, tmp_path: Path) -> None:
    shutil.copytree(forms.folder / "plain", tmp_path / "linked", symlinks=True)
    shutil.copytree(forms.folder / "space", tmp_path / "linked" / "spaces")
    link = tmp_path / "linked" / "pg_tblspc" / forms.space
    link.unlink()
    link.symlink_to("../spaces")
    (tmp_path / "linked" / "backup_manifest").unlink()  # it knows nothing of `spaces`
    assert_met(forms.verify(tmp_path / "linked"))
    shutil.copytree(forms.folder / "plain", tmp_path / "followed")  # as rsync -L
    assert_met(forms.verify(tmp_path / "followed"))


def test_a_page_lost_in_a_tablespace_is_missed(forms: Forms, tmp_path: Path) -> None:
    shutil.copytree(forms.folder / "plain", tmp_path / "copy")
    (path,) = [path for path, table in forms.sealed.databases["bank"].files.items() if table == "public.moved"]
    with (tmp_path / "copy" / path).open("r+b") as file:
        file.write(bytes(8192))
    missed = by(forms.verify(tmp_path / "copy"), Verdict.MISSED)
    assert {("copy", "manifest"), ("bank", "content")} <= missed.keys()


def test_what_is_named_as_a_tablespace_must_be_one_of_the_copys(forms: Forms) -> None:
    with pytest.raises(ScenarioError, match="has no tablespace 1 that lies elsewhere"):
        forms.verify(forms.folder / "plain", spaces={"1": forms.folder / "space"})
    with pytest.raises(ScenarioError, match="holds no tablespace"):
        forms.verify(forms.folder / "plain", spaces={forms.space: forms.folder})


def test_a_log_behind_a_link_must_be_named_and_is_met_then(forms: Forms, tmp_path: Path) -> None:
    shutil.copytree(forms.folder / "stopped", tmp_path / "copy", symlinks=True)
    (tmp_path / "copy" / "pg_wal").rename(tmp_path / "log")
    (tmp_path / "copy" / "pg_wal").symlink_to(tmp_path / "log")
    spaces = {forms.space: forms.folder / "stopped-space"}
    with pytest.raises(ScenarioError, match="outside of the copy") as told:
        forms.verify(tmp_path / "copy", spaces=spaces)
    assert "--wal DIR" in told.value.hint
    assert_met(forms.verify(tmp_path / "copy", tmp_path / "log", spaces=spaces))


@pytest.mark.parametrize("target", ["latest", "name:sealed"])
def test_a_tablespace_that_the_log_creates_leads_nowhere(target: str, forms: Forms) -> None:
    """Replaying it, a server would write to the folder that it names, which on this machine may be that of another."""
    verified = forms.verify(forms.folder / "first", forms.folder / "archive", target)
    assert by(verified, Verdict.MISSED) == {}
    assert "take a later base backup" in by(verified, Verdict.UNKNOWN)[("copy", "restored")]
    assert verified.exit_code == 3


def test_segments_of_another_size_are_read_and_a_hole_in_them_is_missed(forms: Forms, tmp_path: Path) -> None:
    spaces = {forms.space: forms.folder / "early-space"}
    verified = forms.verify(forms.folder / "early", forms.folder / "archive", spaces=spaces)
    assert_met(verified)
    shutil.copytree(forms.folder / "archive", tmp_path / "archive")
    begins = sorted((forms.folder / "early" / "pg_wal").glob("0*"))[-1].name
    later = sorted(path for path in (tmp_path / "archive").glob("?" * 24) if path.name > begins)
    later[0].unlink()
    missed = by(forms.verify(forms.folder / "early", tmp_path / "archive", spaces=spaces), Verdict.MISSED)
    assert f"a hole: segment {later[0].name} is missing" in missed[("copy", "log")]


def test_compressed_segments_are_read_and_one_that_is_damaged_is_missed(forms: Forms, tmp_path: Path) -> None:
    spaces = {forms.space: forms.folder / "early-space"}
    for file in (forms.folder / "archive").iterdir():
        (tmp_path / f"{file.name}.gz").write_bytes(gzip.compress(file.read_bytes(), 1))
    assert_met(forms.verify(forms.folder / "early", tmp_path, spaces=spaces))
    last = sorted(tmp_path.glob("?" * 24 + ".gz"))[-1]
    _cut(last)
    missed = by(forms.verify(forms.folder / "early", tmp_path, spaces=spaces), Verdict.MISSED)
    assert f"{last.name} is damaged or cut short" in missed[("copy", "restored")]


# -- unlogged tables -------------------------------------------------------------------------------------------------


def test_unlogged_tables_are_unknown_unless_allowed_and_told_then(forms: Forms) -> None:
    unknown = by(forms.verify(forms.folder / "tar", allowed=frozenset()), Verdict.UNKNOWN)
    assert list(unknown) == [("bank", "content")]
    assert "public.waiting: it is unlogged" in unknown[("bank", "content")]
    met = by(forms.verify(forms.folder / "tar"), Verdict.MET)
    assert met[("bank", "unlogged")] == "empty, as --allow unlogged accepts: public.waiting"
