"""Transactions that were prepared: what a seal tells of them, and what is judged of a copy that holds them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.errors import CannotRun
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.origin import Origin
from drill.sites.segments import SEGMENT, segment_name
from drill.sites.site import Site
from drill.sites.wal import place_of
from drill.verdict import Verdict
from drill.verification import Verification
from drill.verified import Verified
from tests.fix_home import ARCHIVING, create_bank, lone, origin_of, stop_in_order

_ROOM = {**ARCHIVING, "max_prepared_transactions": "8"}
_RAISE = "update account set balance = balance + 1 where id < 50"
_STAYING = "it's \\ staying"


def silent(_: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True)
class Ledger:
    """A bank's copies and seals, with what was prepared there at the time."""

    folder: Path
    calm: Sealed  # of when nothing was prepared any more
    dumped: Sealed  # of when two were
    staying: int  # the number of the one that nobody ever ended
    premises: ProcessPremises

    def verify(self, name: str, sealed: Sealed | None, wal: str | None = None, target: str = "latest") -> Verified:
        cluster = Cluster.recognised(self.folder / name, self.folder / wal if wal else None)
        assert cluster is not None
        return ClusterVerification(cluster, Aim.named(target), sealed, self.premises).run(silent)


def prepare(site: Site, gid: str, *statements: str) -> None:
    with site.console("bank") as console:
        for statement in ("begin", *statements):
            console.execute(statement.encode())
        console.execute(f"prepare transaction {_quoted(gid)}".encode())


def commit(site: Site, gid: str) -> None:
    with site.console("bank") as console:
        console.execute(f"commit prepared {_quoted(gid)}".encode())


def _quoted(gid: str) -> str:
    return "'" + gid.replace("'", "''") + "'"


@pytest.fixture(scope="module")
def ledger(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = tmp_path_factory.mktemp("ledger")
    with lone(embedded_premises, _ROOM) as site:
        create_bank(site, "bank")
        origin = origin_of(site, folder)
        argv = [site.program("pg_basebackup"), "-D", str(folder / "early"), "-c", "fast", "-d", origin.dsn]
        subprocess.run(argv, check=True, timeout=60, capture_output=True)
        prepare(site, "first", _RAISE)
        _stopped(site, folder / "before")
        commit(site, "first")
        calm = Sealing(origin, How.QUIESCED).take(silent)
        prepare(site, _STAYING, "insert into account (owner, balance) values ('nobody', 1)")
        ((staying,),) = site.ask("select transaction::text::bigint from pg_prepared_xacts")
        prepare(site, "going", _RAISE)
        (folder / "nightly").mkdir()
        told: list[str] = []
        sealing = Sealing(
            origin, How.DUMPED, ("bank",), folder / "nightly", binaries.find().folder, restore_point="sealed"
        )
        dumped = sealing.take(told.append)
        assert "prepared, and neither committed nor rolled back: " in told[0]
        commit(site, "going")
        prepare(site, "locking", "lock table entry in access exclusive mode", "drop index by_account")
        _stopped(site, folder / "after")
        stop_in_order(site)
        shutil.copytree(str(site.host.disk / "archive"), folder / "archive")
        yield Ledger(folder, calm, dumped, int(staying), embedded_premises)


def _stopped(site: Site, to: Path) -> None:
    data = site.data
    assert data is not None
    stop_in_order(site)
    shutil.copytree(str(data), to)
    site.start(data, {"fsync": "off", **_ROOM})


def by(verified: Verified, verdict: Verdict) -> dict[tuple[str, str], str]:
    return {(f.register, f.check): f.actual for f in verified.findings if f.verdict is verdict}


@pytest.fixture
def bank(embedded_premises: ProcessPremises, tmp_path: Path) -> Iterator[tuple[Site, Origin]]:
    with lone(embedded_premises, _ROOM) as site:
        create_bank(site, "bank")
        yield site, origin_of(site, tmp_path)


def test_a_server_with_a_transaction_under_way_is_not_quiet_though_none_began_later(bank: tuple[Site, Origin]) -> None:
    site, origin = bank
    with site.console("bank") as console:
        console.execute("begin")
        console.execute(_RAISE)
        with pytest.raises(CannotRun, match="is not quiet") as refused:
            Sealing(origin, How.QUIESCED).take(silent)
        assert refused.value.hint == "stop those who write and wait until their transactions have ended"
        console.execute("prepare transaction 'one'")
    with pytest.raises(CannotRun, match="is not quiet") as refused:
        Sealing(origin, How.QUIESCED).take(silent)
    assert refused.value.hint.endswith("prepared, to be committed or rolled back: 'one' of drill in bank")
    commit(site, "one")
    assert Sealing(origin, How.QUIESCED).take(silent).prepared == ()


def test_what_was_under_way_at_the_seal_and_wrote_before_is_never_missed(
    bank: tuple[Site, Origin], embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    """Its rows are written before the place of the seal, and are there from after it on."""
    site, origin = bank
    prepare(site, "one", _RAISE)
    sealed = Sealing(origin, How.UNDER_LOAD).take(silent)
    commit(site, "one")
    stop_in_order(site)
    shutil.copytree(str(site.data), tmp_path / "copy")
    shutil.copytree(str(site.host.disk / "archive"), tmp_path / "archive")
    cluster = Cluster.recognised(tmp_path / "copy", tmp_path / "archive")
    assert cluster is not None
    verified = ClusterVerification(cluster, Aim.named("latest"), sealed, embedded_premises).run(silent)
    assert by(verified, Verdict.MISSED) == {}
    (one,) = sealed.prepared or ()
    why = f"public.account: transaction {one.transaction} was under way when it was sealed"
    assert by(verified, Verdict.UNKNOWN) == {("bank", "content"): why}
    assert by(verified, Verdict.MET)[("copy", "prepared")] == "none, as it was to be"


def test_a_seal_tells_what_was_prepared_and_its_dump_is_met_without_it(ledger: Ledger) -> None:
    assert [str(each) for each in ledger.dumped.prepared or ()] == [
        f"{_STAYING!r} of drill in bank",
        "'going' of drill in bank",
    ]
    verified = Verification(Offered.recognised(ledger.folder / "nightly"), ledger.dumped, ledger.premises).run(silent)
    assert verified.verdict is Verdict.MET
    (told,) = [each for each in verified.unchecked if "prepared" in each]
    assert told.endswith(f"which no dump holds: {_STAYING!r} of drill in bank, 'going' of drill in bank")
    calm = Verification(Offered.recognised(ledger.folder / "nightly"), ledger.calm, ledger.premises).run(silent)
    assert [each for each in calm.unchecked if "prepared" in each] == []


def test_what_is_prepared_is_there_at_the_place_of_the_seal_and_locks_nobody_out(ledger: Ledger) -> None:
    at_the_seal = ledger.verify("early", ledger.dumped, "archive", "name:sealed")
    assert (by(at_the_seal, Verdict.MISSED), by(at_the_seal, Verdict.UNKNOWN)) == ({}, {})
    told = by(at_the_seal, Verdict.MET)[("copy", "prepared")]
    assert told == f"2, as it was to be: {_STAYING!r} of drill in bank, 'going' of drill in bank"
    later = ledger.verify("early", ledger.dumped, "archive")
    assert by(later, Verdict.MISSED) == {}
    assert "'locking' of drill in bank" in by(later, Verdict.MET)[("copy", "prepared")]
    assert "was under way when it was sealed" in by(later, Verdict.UNKNOWN)[("bank", "content")]
    assert list(by(later, Verdict.UNKNOWN)) == [("bank", "content")]


def test_what_was_prepared_and_is_not_there_is_missed(ledger: Ledger) -> None:
    lost = ledger.folder / "lost"
    shutil.copytree(ledger.folder / "after", lost)
    (state,) = (lost / "pg_twophase").glob(f"*{ledger.staying:08X}")
    state.unlink()
    found = by(ledger.verify("lost", ledger.dumped, "archive"), Verdict.MISSED)
    assert found == {("copy", "prepared"): f"missing: {_STAYING!r} of drill in bank"}
    whole = ledger.verify("after", ledger.dumped, "archive")
    assert by(whole, Verdict.MISSED) == {}
    assert by(whole, Verdict.MET)[("copy", "prepared")].startswith(f"2, as it was to be: {_STAYING!r} of drill in bank")
    since = place_of(ledger.dumped.begun.lsn)
    (lost / "pg_wal" / segment_name(1, since // SEGMENT)).unlink()  # and what was written since nobody can tell
    unprovable = ledger.verify("lost", ledger.dumped)
    assert by(unprovable, Verdict.MISSED) == {}
    assert ("copy", "prepared") in by(unprovable, Verdict.UNKNOWN)


def test_what_is_prepared_and_ought_not_to_be_is_missed(ledger: Ledger) -> None:
    """As if none had been when it was sealed."""
    verified = ledger.verify("after", replace(ledger.dumped, prepared=()), "archive")
    missed = {("copy", "prepared"): f"too many: {_STAYING!r} of drill in bank"}
    assert by(verified, Verdict.MISSED) == missed


def test_a_copy_of_before_that_holds_what_was_committed_later_is_unknown_where_it_differs(ledger: Ledger) -> None:
    """No transaction began between the two; one was committed."""
    verified = ledger.verify("before", ledger.calm)
    assert by(verified, Verdict.MISSED) == {}
    unknown = by(verified, Verdict.UNKNOWN)
    assert unknown.keys() == {("bank", "content"), ("copy", "prepared")}
    assert unknown[("copy", "prepared")].startswith("too many: 'first' of drill in bank; the copy ends at ")


def test_where_nobody_knows_what_was_prepared_a_copy_that_holds_some_is_unknown(ledger: Ledger) -> None:
    """As of a standby, which does not tell, and without a seal."""
    untold = ledger.verify("before", replace(ledger.calm, prepared=None))
    says = "the seal does not tell of any; in the copy: 'first' of drill in bank"
    assert by(untold, Verdict.UNKNOWN)[("copy", "prepared")] == says
    assert any("transactions that were prepared" in each for each in untold.unchecked)
    assert by(ledger.verify("before", None), Verdict.UNKNOWN)[("copy", "prepared")] == says
    none = ledger.verify("early", replace(ledger.calm, prepared=None))
    assert [finding for finding in none.findings if finding.check == "prepared"] == []


def test_what_cannot_be_rolled_back_is_named_and_nobody_waits_for_it(
    bank: tuple[Site, Origin], embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    site, origin = bank
    sealed = Sealing(origin, How.QUIESCED).take(silent)
    prepare(site, "behind a closed door", "lock table account in access exclusive mode", _RAISE)
    site.ask("select datname from pg_database where datname = 'bank'")
    with site.console() as console:
        console.execute("alter database bank allow_connections false")
    stop_in_order(site)
    shutil.copytree(str(site.data), tmp_path / "copy")
    cluster = Cluster.recognised(tmp_path / "copy", None)
    assert cluster is not None
    verified = ClusterVerification(cluster, Aim.named("latest"), sealed, embedded_premises).run(silent)
    (found,) = [f for f in verified.findings if (f.register, f.check) == ("copy", "restored")]
    assert found.verdict is Verdict.UNKNOWN
    assert "cannot be rolled back: 'behind a closed door' of drill in bank" in found.actual
