"""What every kind of copy must do, on every kind of host: be established, stay current, say so when it does not."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import datetime
from functools import partial
from typing import get_args

import pytest

from drill.clock import wait_until
from drill.copies import AnyCopy
from drill.parts import Copy, KeptCopy
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.scenario.kinds import families
from drill.timeline import Event
from tests.fix_pair import Pair, pair

__all__ = ["pair"]  # a fixture

_KINDS = families()["copies"]
_NEEDED: dict[str, object] = {"name": "the copy", "every": "500ms"}  # settings without a default, by name
_QUICK: dict[str, dict[str, object]] = {"archive": {"restore_point_every": "500ms"}}  # where a default would take long
_MORE: dict[str, list[dict[str, object]]] = {  # settings beyond those, by kind: each is tried too
    "archive": [{"synchronous": True}],
    "dump": [{"kept": 1, "jobs": 1}],
    "streaming": [{"synchronous": True}],
}
_TRIED = [pytest.param(kind, {}, id=kind) for kind in _KINDS] + [
    pytest.param(kind, more, id=" ".join([kind, *more]), marks=pytest.mark.soak)
    for kind in _KINDS
    for more in _MORE.get(kind, [])
]
_REGISTER = "state_gazette"
_FAREWELL = 6.0  # seconds that undoing may take while home is silent


def _made(kind: str, more: dict[str, object]) -> Copy:
    fields = _KINDS[kind].model_fields
    needed = {name: _NEEDED[name] for name, field in fields.items() if field.is_required() and name != "kind"}
    copy: Copy = _KINDS[kind].model_validate({"kind": kind, **needed, **_QUICK.get(kind, {}), **more})  # type: ignore[assignment]
    return copy


def _worked(pair: Pair) -> datetime:
    """Home serves somebody; returns an instant (of the machine's clock) at which that was not yet done."""
    with pair.home.console(_REGISTER) as console:
        ((before,),) = console.execute("select clock_timestamp()").fetchall()
        console.execute("insert into drill.mark values (gen_random_uuid())")
    assert isinstance(before, datetime)
    return before


def _holds(kept: KeptCopy, moment: datetime) -> bool:
    return kept.versions()[-1].made_at >= moment


def _told(pair: Pair, *whats: str) -> list[Event]:
    return [event for event in pair.timeline.events if event.what in whats]


def _is_behind(pair: Pair) -> bool:
    """Whether that is the last word on the copy."""
    return _told(pair, "current", "fell behind")[-1].what == "fell behind"


def _troubles(pair: Pair) -> list[str]:
    """Why it fell behind; not where this machine is too slow for the beat, which is no fault of a copy."""
    reasons = [str(event.facts["reason"]) for event in _told(pair, "fell behind")]
    return [reason for reason in reasons if "longer than" not in reason]


def test_the_kinds_are_those_of_the_union() -> None:
    assert len(_KINDS) == len(get_args(get_args(AnyCopy)[0]))


@pytest.mark.parametrize(("kind", "more"), _TRIED)
def test_a_copy_from_its_making_to_its_end(pair: Pair, kind: str, more: dict[str, object]) -> None:
    copy = _made(kind, more)
    ALL[_REGISTER].fill(pair.home, 300, 1)
    seals = {_REGISTER: Surveyor().seal(_REGISTER, pair.home)}
    with ExitStack() as stack:
        kept = stack.enter_context(copy.keep(pair.home, pair.embassy, seals, pair.timeline))
        assert kept.name == copy.name
        assert {"established", "current"} <= set(pair.told("copy"))
        assert [e.facts["kind"] for e in pair.timeline.events if e.what == "established"] == [kind]
        _lists_its_versions(pair, kept)
        for _ in range(3):  # while it goes on being kept, home works and it follows
            moment = _worked(pair)
            wait_until("the copy follows", partial(_holds, kept, moment), deadline=30, hint="see the embassy's log")
        _keeps_as_many_as_it_should(copy, kept)
        _lists_its_versions(pair, kept)
        assert _troubles(pair) == []
        pair.sever("embassy-home")
        wait_until("it is told", partial(_is_behind, pair), deadline=30, hint="see the copy's events")
        pair.cable.cut("home", "silence")
        began = time.monotonic()
    assert time.monotonic() - began < _FAREWELL
    assert {version.name for version in kept.versions()} <= {
        e.facts["version"] for e in _told(pair, "current", "restore point")
    }


def _lists_its_versions(pair: Pair, kept: KeptCopy) -> None:
    """Oldest first, each with a name of its own and a place on the embassy's disk."""
    versions = kept.versions()
    assert versions
    assert len({version.name for version in versions}) == len(versions)
    assert [version.made_at for version in versions] == sorted(version.made_at for version in versions)
    for version in versions:
        assert version.made_at.tzinfo is not None
        assert version.skew >= 0
        assert version.location.startswith(str(pair.embassy.host.disk))
    pair.embassy.host.run(["ls", "-d", versions[-1].location], deadline=10)  # older ones may have been let go by now


def _keeps_as_many_as_it_should(copy: Copy, kept: KeptCopy) -> None:
    """Where a copy has several versions the oldest go; all of one that grows stay."""
    wanted = getattr(copy, "kept", None)
    if hasattr(copy, "restore_point_every"):
        many = len(kept.versions())
        wait_until("more come", lambda: len(kept.versions()) > many, deadline=30, hint="see the copy's events")
        return
    if wanted is None:
        assert len(kept.versions()) == 1
        return
    first = kept.versions()[0].name

    def turned_over() -> bool:
        names = [version.name for version in kept.versions()]
        return first not in names and len(names) == wanted

    wait_until("the oldest goes", turned_over, deadline=60, hint=lambda: f"{kept.versions()}")


@pytest.mark.parametrize("kind", [kind for kind in _KINDS if "synchronous" in _KINDS[kind].model_fields])
def test_a_synchronous_copy_is_waited_for(pair: Pair, kind: str) -> None:
    """Without it home's commits are no longer plain: what was promised to be in two places is not there."""
    copy = _made(kind, {"synchronous": True})
    with copy.keep(pair.home, pair.embassy, {}, pair.timeline), pair.home.console() as console:
        heard: list[str] = []
        console.add_notice_handler(lambda notice: heard.append(notice.message_primary or ""))
        console.execute("create table promised (number int)")
        assert heard == []
        pair.sever("embassy-home")
        console.execute("begin")
        console.execute("insert into promised values (1)")
        with pair.home.console() as other:
            pid = console.info.backend_pid
            waiting = "select wait_event = 'SyncRep' from pg_stat_activity where pid = %s"
            console.pgconn.send_query(b"commit")
            wait_until(
                "it waits", lambda: other.execute(waiting, [pid]).fetchone() == (True,), deadline=10, hint="why not?"
            )
            other.execute("select pg_cancel_backend(%s)", [pid])
        result, nothing_more = console.pgconn.get_result(), console.pgconn.get_result()
        assert result is not None
        assert nothing_more is None
        assert (result.command_status, len(heard)) == (b"COMMIT", 1)
        assert "synchronous replication" in heard[0]
