"""A physical copy of a sealed server is met as it was made, and missed for the very damage that was done to it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts import Premises
from drill.hosts.process import ProcessPremises
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.verdict import Verdict
from drill.verified import Verified
from tests.fix_home import ARCHIVING, create_bank, lone, origin_of, stop_in_order

_PAGE = 8192


@dataclass(frozen=True)
class Vault:
    """A sealed server's copies: a base backup of before the seal, one of after it, and its archived log."""

    folder: Path
    sealed: Sealed
    premises: Premises
    account: str  # the file of a table, below a data folder

    def verify(self, copy: Path, wal: Path | None = None, target: str = "latest", *, sealed: bool = True) -> Verified:
        cluster = Cluster.recognised(copy, wal)
        assert cluster is not None
        seal = self.sealed if sealed else None
        return ClusterVerification(cluster, Aim.named(target), seal, self.premises).run(lambda _: None)


@pytest.fixture(scope="module")
def vault(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    folder = tmp_path_factory.mktemp("vault")
    with lone(embedded_premises, ARCHIVING) as site:
        create_bank(site, "bank")
        origin = origin_of(site, folder)

        def back_up(name: str) -> None:
            argv = [site.program("pg_basebackup"), "-D", str(folder / name), "-c", "fast", "-d", origin.dsn]
            subprocess.run(argv, check=True, timeout=60, capture_output=True)

        back_up("early")
        for turn in range(3):  # each in a segment of its own
            with site.console("bank") as console:
                console.execute("update account set balance = balance + 1 where id < 50")
                console.execute(f"select pg_switch_wal(), {turn}".encode())
        sealed = Sealing(origin, How.QUIESCED).take(lambda _: None)
        back_up("late")
        (row,) = site.ask("select pg_relation_filepath('account')", database="bank")
        with site.console("bank") as console:
            console.execute("insert into entry (account) values (1)")
            console.execute("select pg_switch_wal()")
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), folder / "archive")
        shutil.copytree(str(site.data), folder / "stopped")
        yield Vault(folder, sealed, embedded_premises, str(row[0]))


def by(verified: Verified, verdict: Verdict) -> dict[tuple[str, str], str]:
    return {(f.register, f.check): f.actual for f in verified.findings if f.verdict is verdict}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_base_backup_is_met_and_only_read(vault: Vault) -> None:
    before = contents(vault.folder / "late")
    verified = vault.verify(vault.folder / "late")
    assert (by(verified, Verdict.MISSED), by(verified, Verdict.UNKNOWN)) == ({}, {})
    assert verified.exit_code == 0
    assert contents(vault.folder / "late") == before


@pytest.mark.docker
def test_a_container_brings_it_up_alike(vault: Vault, docker_premises: Premises) -> None:
    there = replace(vault, premises=docker_premises)
    verified = there.verify(vault.folder / "early", vault.folder / "archive", f"lsn:{vault.sealed.ended.lsn}")
    assert list(by(verified, Verdict.UNKNOWN)) == []
    assert list(by(verified, Verdict.MISSED)) == []


def test_what_was_written_after_the_seal_is_unknown_and_nothing_else_is(vault: Vault) -> None:
    verified = vault.verify(vault.folder / "early", vault.folder / "archive")
    assert by(verified, Verdict.MISSED) == {}
    assert by(verified, Verdict.UNKNOWN) == {("bank", "content"): "public.entry: it was written to after the seal"}


def test_at_the_place_of_the_seal_an_archive_is_met(vault: Vault) -> None:
    target = f"lsn:{vault.sealed.ended.lsn}"
    verified = vault.verify(vault.folder / "early", vault.folder / "archive", target)
    assert (by(verified, Verdict.MISSED), by(verified, Verdict.UNKNOWN)) == ({}, {})


def test_a_stopped_servers_data_directory_is_a_copy_too(vault: Vault) -> None:
    verified = vault.verify(vault.folder / "stopped")
    assert by(verified, Verdict.MISSED) == {}
    assert {register for register, _ in by(verified, Verdict.UNKNOWN)} <= {"bank"}
    assert "public.account" not in " ".join(by(verified, Verdict.UNKNOWN).values())


def test_a_copy_of_before_the_seal_is_unknown_where_it_differs(vault: Vault) -> None:
    verified = vault.verify(vault.folder / "early")
    assert by(verified, Verdict.MISSED) == {}
    assert list(by(verified, Verdict.UNKNOWN)) == [("bank", "content")]
    assert verified.exit_code == 3


def test_without_a_seal_its_superuser_is_found_and_no_content_is_met(vault: Vault) -> None:
    assert vault.sealed.superuser != "postgres"
    verified = vault.verify(vault.folder / "late", sealed=False)
    assert by(verified, Verdict.MISSED) == {}
    assert ("copy", "restored") in by(verified, Verdict.MET)
    assert by(verified, Verdict.UNKNOWN)[("bank", "content")] == "never sealed"
    assert verified.exit_code == 3


def _zeroed(copy: Path, vault: Vault) -> None:
    """A page of a table: its checksum is not asked for, nor is one that is all zeros wrong."""
    with (copy / vault.account).open("r+b") as file:
        file.write(bytes(_PAGE))


def _emptied(copy: Path, vault: Vault) -> None:
    (copy / vault.account).write_bytes(b"")


def _no_manifest(harm: Callable[[Path, Vault], None]) -> Callable[[Path, Vault], None]:
    """Whoever damages a copy may take its manifest away."""

    def both(copy: Path, vault: Vault) -> None:
        harm(copy, vault)
        (copy / "backup_manifest").unlink()

    return both


def _hiding(copy: Path, _: Vault) -> None:
    with (copy / "postgresql.auto.conf").open("a") as file:
        file.write("zero_damaged_pages = on\n")


def _no_label(copy: Path, _: Vault) -> None:
    (copy / "backup_label").unlink()


@pytest.mark.parametrize(
    ("harm", "due"),
    [
        pytest.param(_zeroed, {("copy", "manifest"), ("bank", "content")}, id="a page zeroed"),
        pytest.param(_no_manifest(_zeroed), {("bank", "content")}, id="a page zeroed, and no manifest"),
        pytest.param(_no_manifest(_emptied), {("bank", "restored")}, id="a table emptied, and no manifest"),
        pytest.param(_hiding, {("copy", "settings")}, id="a setting that hides damage"),
        pytest.param(_no_label, {("copy", "manifest")}, id="no label"),
    ],
)
def test_damaged_files_are_missed(
    harm: Callable[[Path, Vault], None], due: set[tuple[str, str]], vault: Vault, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(vault.folder / "late", copy)
    harm(copy, vault)
    verified = vault.verify(copy)
    assert due <= by(verified, Verdict.MISSED).keys(), by(verified, Verdict.MISSED)
    assert verified.exit_code == 1


def _segments(archive: Path) -> list[Path]:
    return sorted(path for path in archive.iterdir() if len(path.name) == 24)


def test_a_hole_in_the_archive_is_missed(vault: Vault, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    shutil.copytree(vault.folder / "archive", archive)
    begins = sorted((vault.folder / "early" / "pg_wal").glob("0*"))[-1].name
    later = [path for path in _segments(archive) if path.name > begins]
    later[1].unlink()
    verified = vault.verify(vault.folder / "early", archive)
    assert f"a hole: segment {later[1].name} is missing" in by(verified, Verdict.MISSED)[("copy", "log")]
    assert verified.exit_code == 1


def test_another_server_is_missed(vault: Vault, tmp_path: Path) -> None:
    other = replace(vault, sealed=replace(vault.sealed, system_identifier="1"))
    told = by(other.verify(vault.folder / "late"), Verdict.MISSED)[("copy", "identity")]
    assert told.startswith(
        f"{vault.sealed.system_identifier}, sealed: 1: the copy is of one server, and the seal of ano"
    )
