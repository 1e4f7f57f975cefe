"""Home stays alive and lost its content, or a part of it: discovered by a person, fenced where it is lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from drill.citizens.office import Office
from drill.copies.archive import Archive
from drill.copies.dump import Dump
from drill.hosts.process import ProcessPremises
from drill.ledger import PROMISED, Entry, Errand, Outcome
from drill.outages.operator_drop import OperatorDrop
from drill.outages.wipe import Rewriting, Statements, Wipe
from drill.parts import CitizensAtWork, Lost, Proof
from drill.recoveries.replay import Replay
from drill.recoveries.restore import Restore
from drill.response import Response
from drill.result import Judged
from drill.sites.site import Site
from drill.timeline import Timeline
from drill.verdict import Verdict
from tests.fix_stage import Stage, by, expecting

PAIR = ("business", "state_gazette")
WIPED = {"kind": "wipe", "discovered_after": "1s"}
WIPE = Wipe.model_validate(WIPED)
DROP = {"kind": "operator_drop", "register": "business", "discovered_after": "500ms"}
COMPANY = {**DROP, "tables": ["company"]}
# on a busy machine nobody may take home, or what is left of it, for dead
WATCHED = {"detect": {"every": "500ms", "misses": 5}, "declare": {"by": "a test", "after": "50ms"}}
PATIENT: dict[str, Any] = {
    "response": Response.model_validate(WATCHED),
    "citizens": Office.model_validate({"per_second": 40, "timeout": "1s", "stable_for": "500ms"}),
}
DUMPS: dict[str, Any] = {  # one, taken before the citizens come
    **PATIENT,
    "copies": (Dump.model_validate({"kind": "dump", "name": "standby", "every": "5m"}),),
    "recovery": Restore.model_validate({"kind": "restore", "from": "standby"}),
}


@pytest.fixture(scope="module")
def stage(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(embedded_premises, tmp_path_factory.mktemp("drills"))


def times(run: Judged, *whats: str) -> list[float]:
    """When each of them happened."""
    found = [run.evidence.time_of(what) for what in whats]
    assert None not in found, dict(zip(whats, found, strict=True))
    return [at for at in found if at is not None]


def entries(run: Judged, register: str, errand: Errand = Errand.WORK) -> list[Entry]:
    return [e for e in run.evidence.ledger if e.register == register and e.errand is errand]


def test_the_latest_state_carries_the_drop_and_is_refused_for_that(stage: Stage) -> None:
    """Home's fence is in its log too; it must not keep anybody out of the embassy."""
    parts = {
        "outage": OperatorDrop.model_validate(COMPANY),
        "copies": (Archive.model_validate({"kind": "archive", "name": "archive"}),),
        "recovery": Replay.model_validate({"kind": "replay", "from": "archive"}),
    }
    run = stage.play({**PATIENT, **parts}, rpo="5s")
    assert stage.broke is None
    missed = by(run, Verdict.MISSED)
    assert missed.keys() >= {"content", "recovery_time"}
    assert all(registers == {"business"} for registers in missed.values())
    assert by(run, Verdict.UNKNOWN) == {}
    assert expecting(run, missed) == 0


# -- the whole of home is damaged ------------------------------------------------------------------------------------


@pytest.mark.alone
def test_replication_carries_a_wipe_and_nothing_of_it_is_accepted(stage: Stage) -> None:
    run = stage.play({"outage": WIPE, **PATIENT}, rpo="5s")
    assert stage.broke is None
    missed = {"content": set(PAIR), "recovery_time": set(PAIR)}
    assert by(run, Verdict.MISSED) == missed
    assert by(run, Verdict.UNKNOWN) == {}
    assert (run.result.exit_code, expecting(run, missed)) == (1, 0)
    struck, discovered, declared, fenced = times(run, "struck", "discovered", "declared", "fenced")
    assert (run.evidence.time_of("detected") or fenced) >= fenced  # before that nobody missed home
    assert discovered - struck == pytest.approx(1.0, abs=0.3)
    assert declared - discovered == pytest.approx(0.05, abs=0.3)
    proven = run.evidence.first("outage proven")
    assert proven is not None
    assert "committed; 1 who follow home have them" in proven.facts["proof"]
    for name in PAIR:
        worked = [e for e in entries(run, name) if e.outcome in PROMISED and struck + 0.5 < e.sent < fenced]
        assert len(worked) > 5  # acknowledged by a home that was wiped already


@pytest.mark.soak
def test_a_dump_from_before_the_wipe_gives_up_what_a_damaged_home_still_took(stage: Stage) -> None:
    run = stage.play({"outage": WIPE, **DUMPS}, rpo="60s")
    assert stage.broke is None
    assert (by(run, Verdict.MISSED), by(run, Verdict.UNKNOWN)) == ({}, {})
    assert run.result.exit_code == 0
    struck, fenced = times(run, "struck", "fenced")
    for name in PAIR:
        promised = [e for e in entries(run, name) if e.site == "home" and e.outcome in PROMISED and e.sent < fenced]
        after = [e for e in promised if e.ended > struck]
        figures, last = run.figures[name], min(fenced, max(e.ended for e in promised))
        assert len(after) > 5
        assert figures.lost == len(promised)
        assert figures.rpa_s == pytest.approx(last - min(e.ended for e in promised), abs=1e-3)


class RolledBack(Wipe):
    """All of it is written, and nothing is committed."""

    def rewrite(self, home: Site, register: str, statements: Statements) -> Rewriting:
        with home.console(register) as console:
            console.execute("begin")
            for statement in statements.values():
                console.execute(statement)
            ((number,),) = console.execute("select pg_current_xact_id()::text").fetchall()
            console.execute("rollback")
        return Rewriting(register, tuple(statements), 100, number)


def test_a_wipe_that_was_rolled_back_is_unknown(stage: Stage) -> None:
    run = stage.play({"outage": RolledBack.model_validate(WIPED), **PATIENT}, rpo="5s")
    assert stage.broke is None
    assert by(run, Verdict.MISSED) == {}
    assert by(run, Verdict.UNKNOWN) == {"outage": {"drill"}, "recovery_time": set(PAIR), "data_loss": set(PAIR)}
    unproven = run.evidence.first("not proven")
    assert unproven is not None
    assert "is not committed" in unproven.facts["reason"]
    assert run.result.exit_code == 3


# -- a part of home is lost ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dropped", "refused"),
    [
        pytest.param(COMPANY, "is not currently accepting", id="a table"),
        pytest.param(DROP, "does not exist", id="the register", marks=pytest.mark.soak),
    ],
)
def test_only_what_was_dropped_moves_and_the_rest_is_undisturbed(
    stage: Stage, dropped: dict[str, Any], refused: str
) -> None:
    run = stage.play({"outage": OperatorDrop.model_validate(dropped), **DUMPS}, rpo="60s")
    assert stage.broke is None
    assert (by(run, Verdict.MISSED), by(run, Verdict.UNKNOWN)) == ({}, {})
    assert run.result.exit_code == 0
    (single,) = [finding for finding in run.result.findings if finding.check == "single_home"]
    assert "at the database of business, against a living home" in single.actual
    assert {f.register for f in run.result.findings if f.check == "undisturbed"} == {"state_gazette"}
    stale = [e for e in run.evidence.ledger if e.errand is Errand.STALE]
    assert {(e.register, e.outcome) for e in stale} == {("business", Outcome.FAILED)}
    news = [refused in e.says for e in stale].count(True)
    assert news >= 2  # over new connections; over old ones it is said that they were ended
    assert len(stale) - news >= 2
    (fenced,) = times(run, "fenced")
    moved = {e.site for e in entries(run, "business") if e.due > times(run, "redirected")[0]}
    stayed = {(e.site, e.outcome) for e in entries(run, "state_gazette") if e.due > fenced}
    assert (moved, stayed - {("home", Outcome.NOT_TRIED)}) == ({"embassy"}, {("home", Outcome.ACKED)})
    assert (run.figures["state_gazette"].rta_s, run.figures["state_gazette"].lost) == (None, 0)
    assert run.figures["business"].rta_s is not None
    compared = run.evidence.first("compared")
    assert compared is not None
    assert compared.facts["registers"] == list(PAIR)


class InTheWay(OperatorDrop):
    """As long as it lasts, nobody gets on with the other register either."""

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        with super().strike(home, timeline) as proof, home.console("state_gazette") as console:
            console.execute("begin")
            console.execute("lock table drill.receipt in access exclusive mode")
            yield proof


def test_a_register_that_was_to_be_left_alone_and_was_not_served_is_disturbed(stage: Stage) -> None:
    """Unless this machine was so busy all the while that nobody can tell."""
    run = stage.play({**DUMPS, "outage": InTheWay.model_validate(COMPANY)}, rpo="60s")
    assert stage.broke is None
    (finding,) = (f for f in run.result.findings if f.check == "undisturbed")
    busy = "this machine made its programs wait" in finding.actual
    assert finding.verdict is (Verdict.UNKNOWN if busy else Verdict.MISSED), finding.actual
    assert by(run, Verdict.MISSED) == ({} if busy else {"undisturbed": {"state_gazette"}})


class InTheWrongDatabase(OperatorDrop):
    """A table of that name, and not of that register."""

    def drop(self, home: Site, database: str) -> None:
        with home.console() as console:
            console.execute("create table company (code text)")
        super().drop(home, "postgres")


@pytest.mark.parametrize("fenced_by", ["cut", pytest.param("none", marks=pytest.mark.soak)])
def test_a_drop_in_the_wrong_database_is_unknown(stage: Stage, fenced_by: str) -> None:
    changed = {**DUMPS, "response": Response.model_validate({**WATCHED, "fence": fenced_by})}
    run = stage.play({**changed, "outage": InTheWrongDatabase.model_validate(COMPANY)}, rpo="60s")
    assert stage.broke is None
    unknown = {"outage": {"drill"}, "recovery_time": {"business"}, "data_loss": {"business"}}
    assert by(run, Verdict.UNKNOWN) == {**unknown, "undisturbed": {"state_gazette"}}
    unproven = run.evidence.first("not proven")
    assert unproven is not None
    assert unproven.facts["reason"] == "business still has company"
    assert by(run, Verdict.MISSED) == ({} if fenced_by == "cut" else {"single_home": {"drill"}})
    assert run.result.exit_code == (3 if fenced_by == "cut" else 1)


class HalfFence(Response):
    """It refuses who comes, and forgets who is there already."""

    def fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        with home.console() as console:
            console.execute("alter database business with allow_connections false")
        citizens.settle()
        timeline.record("response", "fenced", by="database", at="database", registers=["business"])


def test_a_fence_that_only_refuses_new_connections_is_broken(stage: Stage) -> None:
    """A table is gone for which only one kind of citizen asks: the others are served over what they had open."""
    outage = OperatorDrop.model_validate({**DROP, "tables": ["annual_report"]})
    run = stage.play({**DUMPS, "outage": outage, "response": HalfFence.model_validate(WATCHED)}, rpo="60s")
    assert stage.broke is None
    assert by(run, Verdict.MISSED) == {"single_home": {"drill"}}
    assert run.result.exit_code == 1
