"""What shows that an outage struck, and how home stands once it is over, is written down for every kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from drill.hosts.process import ProcessPremises
from drill.outages import AnyOutage
from drill.parts import Outage
from drill.registers import ALL
from drill.run import prove
from drill.scenario.kinds import families
from tests.fix_pair import Pair, standing

_DEAD = ("no process of home is left", "nobody answers where it listened")
_UNHEARD = ("neither an open session nor a new caller was answered",)
_GOES_ON = ("processes of home go on",)
_WORKS = ("processes run at home", "takes writes at its console")
_LATE: Mapping[str, object] = {"discovered_after": "1s"}
_DROPPED: Mapping[str, object] = {**_LATE, "register": "land", "tables": ["title", "mortgage"]}


@dataclass(frozen=True)
class Facts:
    """The words that its proof must hold, the event of its end, and the words of that."""

    proof: tuple[str, ...]
    end: str
    how: tuple[str, ...]
    settings: Mapping[str, object] = field(default_factory=dict)


FACTS = {
    "power_loss": Facts(_DEAD, "given back", _GOES_ON),
    "site_destroyed": Facts(
        (*_DEAD, "nothing is left of home's disk"), "nothing to give back", (*_DEAD, "nothing is left of home's disk")
    ),
    "freeze": Facts(("all ", "processes of home stand still", *_UNHEARD), "given back", _GOES_ON),
    "network_cut": Facts(
        ("home takes writes at its console", *_UNHEARD, "not a byte passed the cable"), "given back", _GOES_ON
    ),
    "wipe": Facts(("are rewritten and committed", "who follow home have them"), "nothing to give back", _WORKS, _LATE),
    "operator_drop": Facts(
        ("title, mortgage: not in the catalogue of land",), "nothing to give back", _WORKS, _DROPPED
    ),
}
RETURNING = [kind for kind, facts in FACTS.items() if facts.end == "given back"]


def made(kind: str, pair: Pair) -> Outage:
    """The outage, with the register there that it may damage."""
    model = families()["outages"][kind]
    outage: AnyOutage = model.model_validate({"kind": kind, **FACTS[kind].settings})  # type: ignore[assignment]
    if outage.discovered_after is not None:  # it damages what is there
        ALL["land"].fill(pair.home, people=100, seed=1)
    return outage


@pytest.fixture
def pair(embedded_premises: ProcessPremises) -> Iterator[Pair]:
    with standing(embedded_premises) as pair:
        yield pair


def played(outage: Outage, pair: Pair, fence: str = "none") -> tuple[str, str, str]:
    """The proof, the event of the end, and how home stands then."""
    with outage.strike(pair.home, pair.timeline) as proof:
        prove(outage.kind, proof, pair.timeline)
        if fence == "off":
            pair.home.barred = True
            pair.home.lose_power()
        if fence != "none":
            pair.cable.sever("home")
    *_, proven, end = (event for event in pair.timeline.events if event.who == "outage")
    assert (proven.what, proven.facts["kind"], end.facts["kind"]) == ("outage proven", outage.kind, outage.kind)
    return proven.facts["proof"], end.what, end.facts["how"]


def holds(text: str, words: tuple[str, ...]) -> bool:
    return all(word in text for word in words)


def test_the_table_has_every_kind() -> None:
    assert FACTS.keys() == families()["outages"].keys()


@pytest.mark.parametrize("kind", FACTS)
def test_each_kind_tells_how_it_was_proven_and_how_it_ended(pair: Pair, kind: str) -> None:
    facts, outage = FACTS[kind], made(kind, pair)
    proof, end, how = played(outage, pair)
    assert holds(proof, facts.proof), proof
    assert (end, holds(how, facts.how)) == (facts.end, True), how
    if kind in RETURNING:
        assert "every line to it carries" in how
        *_, how = played(outage, pair, "cut")
        assert holds(how, facts.how)
        assert how.endswith("citizens-home, embassy-home stay silent")


@pytest.mark.soak
@pytest.mark.parametrize("kind", RETURNING)
def test_what_the_fence_keeps_off_is_shown_to_be_off(pair: Pair, kind: str) -> None:
    _, end, how = played(made(kind, pair), pair, "off")
    assert (end, holds(how, _DEAD)) == ("stays off", True), how
