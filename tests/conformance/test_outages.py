"""What every kind of outage must do, on every kind of host: strike, be proven, be undone as it promises."""

from __future__ import annotations

from typing import get_args

import psycopg
import pytest

from drill.outages import AnyOutage
from drill.parts import Outage
from drill.scenario.kinds import families
from drill.sites.site import Site
from tests.fix_pair import Pair, pair

__all__ = ["pair"]  # a fixture

_RETURNS = {"given back", "stays off", "nothing to give back"}
_KINDS = families()["outages"]
_REQUIRED: dict[str, object] = {}  # settings without a default, by name; a new kind may need one here


def _made(kind: str) -> Outage:
    outage: Outage = _KINDS[kind].model_validate({"kind": kind, **_needed(kind)})  # type: ignore[assignment]
    return outage


def _needed(kind: str) -> dict[str, object]:
    fields = _KINDS[kind].model_fields
    return {name: _REQUIRED[name] for name, field in fields.items() if field.is_required() and name != "kind"}


def _acknowledged(home: Site) -> None:
    with home.console() as console:
        console.execute("create table if not exists promised (number int)")
        console.execute("insert into promised select count(*) + 1 from promised")


def _promised(home: Site) -> int:
    ((count,),) = home.ask("select count(*) from promised")
    return int(count)


def test_the_kinds_are_those_of_the_union() -> None:
    assert len(_KINDS) == len(get_args(get_args(AnyOutage)[0]))


@pytest.mark.parametrize("kind", _KINDS)
def test_an_outage_strikes_is_proven_and_leaves_what_it_promises(pair: Pair, kind: str) -> None:
    outage = _made(kind)
    home, timeline = pair.home, pair.timeline
    assert outage.takes is None, "this body knows outages that take everything: give it what a part promises"
    _acknowledged(home)
    assert pair.home_answers()
    with home.console() as old:
        with outage.strike(home, timeline):
            assert pair.told("outage") == ["struck"]
            assert outage.prove(home)
            _all_is_lost(pair, old)
        came_back = pair.told("outage")[-1] == "given back"
        assert pair.told("outage")[1:] in [[end] for end in _RETURNS]
    facts = [event.facts for event in timeline.events if event.who == "outage"]
    assert {fact["kind"] for fact in facts} == {kind}
    if came_back:
        assert pair.home_answers()
        assert home.is_writable()
        assert _promised(home) == 1
        _fenced_off(pair, outage)
    else:
        _nothing_is_there(pair)


def _all_is_lost(pair: Pair, old: psycopg.Connection[tuple[object, ...]]) -> None:
    """Nobody there answers, neither over what was open nor over what is new; the embassy is left alone."""
    assert list(pair.home.host.running()) == []
    assert not pair.home.is_writable()
    assert not pair.home_answers()
    with pytest.raises(psycopg.OperationalError):
        old.execute("insert into promised values (0)")
    assert pair.embassy.host.run(["/bin/sh", "-c", "echo here"], deadline=10) == "here\n"


def _fenced_off(pair: Pair, outage: Outage) -> None:
    """What could be given back is kept off where the fence bars it, and keeps its disk."""
    pair.home.barred = True
    with outage.strike(pair.home, pair.timeline):
        pass
    assert pair.told("outage")[-1] == "stays off"
    _nothing_is_there(pair)
    assert pair.home.data is not None


def _nothing_is_there(pair: Pair) -> None:
    assert list(pair.home.host.running()) == []
    assert not pair.home.is_writable()
    assert not pair.home_answers()
    if pair.told("outage")[-1] == "nothing to give back":
        assert pair.home.host.disk_is_gone()
        assert pair.home.data is None
