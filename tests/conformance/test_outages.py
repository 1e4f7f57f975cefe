"""What every kind of outage must do, on every kind of host: strike, be proven, be undone as it promises."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from typing import get_args

import psycopg
import pytest

from drill.outages import AnyOutage
from drill.parts import Outage
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.scenario.kinds import families
from drill.sites.site import OFFICER, Site
from tests.fix_pair import PATIENCE, Pair, pair

__all__ = ["pair"]  # a fixture

_REGISTERS = ("business", "state_gazette")  # that damage can be done to
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


# -- outages after which nobody is answered: home is dead, or alive behind its silence ------------------------------


def _dead(home: Site) -> None:
    assert list(home.host.running()) == []
    assert not home.is_writable()


def _frozen(home: Site) -> None:
    assert home.host.is_frozen()
    assert list(home.host.running())
    assert not home.is_writable(patience=1)


def _cut_off(home: Site) -> None:
    assert not home.host.is_frozen()
    assert home.is_writable()


_SILENT: Mapping[str, Callable[[Site], None]] = {  # how home itself is while the outage holds
    "power_loss": _dead,
    "site_destroyed": _dead,
    "freeze": _frozen,
    "network_cut": _cut_off,
}
_DAMAGING: Sequence[dict[str, object]] = (  # outages that leave home at work, with less than it had
    {"kind": "wipe"},
    {"kind": "operator_drop", "register": "business", "tables": ["company", "board_member"]},
    {"kind": "operator_drop", "register": "business"},
)
_HANGS = {"freeze", "network_cut"}  # what is asked meanwhile is answered when home is given back


def test_the_kinds_are_those_of_the_union() -> None:
    assert len(_KINDS) == len(get_args(get_args(AnyOutage)[0]))
    assert _KINDS.keys() == _SILENT.keys() | {str(settings["kind"]) for settings in _DAMAGING}


@pytest.mark.parametrize("kind", _SILENT)
def test_an_outage_strikes_is_proven_and_leaves_what_it_promises(pair: Pair, kind: str) -> None:
    outage, home = _made(kind), pair.home
    assert (outage.takes, outage.discovered_after) == (None, None)
    _acknowledged(home)
    assert pair.home_answers()
    with _visitor(home) as old:
        with outage.strike(home, pair.timeline) as proof:
            assert pair.told("outage") == ["struck"]
            assert proof()
            old.pgconn.send_query(b"insert into promised values (2)")
            old.pgconn.flush()
            _SILENT[kind](home)
            _nobody_is_answered(pair, old)
        assert pair.told("outage")[1:] in [[end] for end in _RETURNS]
        if kind in _HANGS:
            assert _hears(old, 30)
    facts = [event.facts for event in pair.timeline.events if event.who == "outage"]
    assert {fact["kind"] for fact in facts} == {kind}
    if pair.told("outage")[-1] == "given back":
        assert pair.home_answers()
        assert home.is_writable()
        assert _promised(home) == (2 if kind in _HANGS else 1)
        _fenced_off(pair, outage)
    else:
        _nothing_is_there(pair)


@contextmanager
def _visitor(home: Site) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A session over the citizens' cable, for somebody who may write."""
    at = home.reached_from("citizens")
    session = psycopg.connect(
        host=at.host, port=at.port, dbname="postgres", user=OFFICER, password=home.officers_password, autocommit=True
    )
    with closing(session):
        yield session


def _hears(session: psycopg.Connection[tuple[object, ...]], within: float) -> bool:
    """Whether anything comes over it within so many seconds."""
    return bool(select.select([session], [], [], within)[0])


def _nobody_is_answered(pair: Pair, old: psycopg.Connection[tuple[object, ...]]) -> None:
    """Neither over what was open nor over what is new; the embassy is left alone."""
    assert not pair.home_answers()
    assert not _hears(old, PATIENCE)
    assert pair.embassy.host.run(["/bin/sh", "-c", "echo here"], deadline=10) == "here\n"


def _fenced_off(pair: Pair, outage: Outage) -> None:
    """What could be given back is kept off where the fence has taken its power, and keeps its disk."""
    with outage.strike(pair.home, pair.timeline):
        pair.home.barred = True
        pair.home.lose_power()
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


# -- outages that nobody sees at the counter: home goes on, with content that is not what it was ----------------------


@pytest.mark.parametrize("settings", _DAMAGING, ids=lambda settings: "-".join(settings))
def test_a_damaged_home_goes_on_with_what_it_has(pair: Pair, settings: dict[str, object]) -> None:
    outage: Outage = _KINDS[str(settings["kind"])].model_validate({**settings, "discovered_after": "8s"})  # type: ignore[assignment]
    home, surveyor = pair.home, Surveyor()
    for name in _REGISTERS:
        ALL[name].fill(home, people=100, seed=1)
    sealed = {name: surveyor.seal(name, home).tables for name in _REGISTERS}
    assert outage.discovered_after == 8
    with _visitor(home) as old, outage.strike(home, pair.timeline) as proof:
        assert pair.told("outage") == ["struck"]
        assert proof()
        assert pair.home_answers()
        assert old.execute("select 1").fetchone() == (1,)
    assert pair.told("outage")[1:] == ["nothing to give back"]
    assert home.is_writable()
    there = {name for (name,) in home.ask("select datname from pg_database")}
    whole = {name for name in there & sealed.keys() if surveyor.seal(name, home).tables == sealed[name]}
    assert sealed.keys() - whole == (sealed.keys() if outage.takes is None else outage.takes)
