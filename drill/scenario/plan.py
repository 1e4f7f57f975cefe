"""What a drill would do, act by act, told before anything is started."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from drill.citizens.schedule import Schedule
from drill.objectives import OWN_DATA, PRIORITY, spoken
from drill.scenario import Home, Scenario
from drill.verdict import Manner

# Estimates: an empty cluster with its write-ahead log; one person's rows in all registers, with their indexes
_EMPTY_SITE = 400_000_000
_PER_PERSON = 4_000
_UNPACKED = 10  # somebody's own data beside the dump that it was loaded from
_PER_DUMP = 0.25  # of the rows, compressed
# and memory, half as much again as was seen: the drill with its cable and its watchdog; a server with its buffers; the
# connection of one citizen at one site
_PROGRAM = 150_000_000
_SERVER = 200_000_000
_PER_CITIZEN = 2_000_000

_STARTED = {
    "embedded": "two PostgreSQL servers as processes of this machine, the cable, the citizens, a watchdog",
    "docker": "two containers with a volume and an internal network each, the cable, the citizens, a watchdog",
}
_WHERE = {
    "auto": "docker when a local engine answers and an image can be had, else embedded",
    "embedded": "embedded: processes of this machine",
    "docker": "docker: containers of the local engine",
}

_WHY = {
    "prepare": "Only real servers with real rows show what a recovery takes. The seals say what home held before "
    "anybody wrote, so that afterwards nobody has to be believed.",
    "calm": "What citizens are promised now is what must not be lost. Each acknowledgement goes into a ledger that "
    "neither site holds.",
    "outage": "From the strike on the time counts, whether anybody has noticed or not. That it really struck is "
    "proven: an outage that did not happen would be the easiest to survive.",
    "notice": "Nobody acts on a disaster that nobody knows of: this time counts too. The watch sees only what citizens "
    "would see, and knows nothing of the outage.",
    "recovery": "Home is kept out first, or two sites would take work at once. A server that has started is no "
    "recovery: every register must pass its gate, and its citizens must be acknowledged again.",
    "homecoming": "A home that comes back unasked and takes work would leave two states of one register. Citizens who "
    "never heard of the embassy try it now: none of them may be acknowledged.",
    "survey": "Only now, when nobody writes any more, can every acknowledgement be held against what is really there. "
    "What is missing is lost.",
    "debrief": "The same evidence gives the same verdict to whoever judges it again.",
}


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a drill: what will happen, and why."""

    name: str
    steps: tuple[str, ...]

    @property
    def why(self) -> str:
        """For an audience."""
        return _WHY[self.name]


def plan_of(scenario: Scenario, on: str) -> str:
    """The plan as text, one line for each thing that happens."""
    lines = [f"{scenario.name}", *_resources(scenario, on), ""]
    for number, act in enumerate(acts_of(scenario), 1):
        lines += [f"{number}. {act.name}", *(f"   - {step}" for step in act.steps)]
    return "\n".join(lines)


def estimated_disk(scenario: Scenario) -> int:
    """Bytes that both sites may need together; an estimate."""
    rows = scenario.people * _PER_PERSON * len(set(scenario.register_names) - {OWN_DATA}) // len(PRIORITY)
    if scenario.home is not None:
        rows += _UNPACKED * scenario.home.dump.size
    dumps = sum(getattr(copy, "kept", 0) + 1 for copy in scenario.copies if copy.kind == "dump")
    clusters = 2 + sum(copy.kind == "archive" for copy in scenario.copies)
    return int(clusters * (_EMPTY_SITE + rows) + dumps * _PER_DUMP * rows)


def estimated_memory(scenario: Scenario) -> int:
    """Bytes that the drill and both sites may need together; an estimate."""
    office, many = scenario.citizens, len(scenario.register_names)
    crowd = many * Schedule(office.per_second, many, office.timeout).crowd
    between = 0 if scenario.link is None else 2 * scenario.link.on_its_way
    return _PROGRAM + 2 * (_SERVER + crowd * _PER_CITIZEN) + between


def _resources(scenario: Scenario, on: str) -> Iterator[str]:
    yield f"  host        {_WHERE[on]}"
    yield f"  starts      {_STARTED.get(on) or _STARTED['docker'] + '; or ' + _STARTED['embedded']}"
    yield f"  people      {scenario.people} synthetic, seed {scenario.seed}"
    yield f"  disk        about {estimated_disk(scenario) / 1e9:.1f} GB (estimated)"
    yield f"  memory      about {estimated_memory(scenario) / 1e9:.1f} GB (estimated)"
    if scenario.link is not None:
        yield f"  link        {scenario.link}: between the sites, and for citizens at the embassy; measured first"
    if scenario.home is not None:
        yield f"  own data    {_own_data(scenario.home)}"
    for name, promised in scenario.objectives_by_register.items():
        yield f"  register    {name}: RTO {spoken(promised.rto)}, RPO {spoken(promised.rpo)}"
    for check, registers in scenario.missing.items():
        named = registers if isinstance(registers, str) else ", ".join(registers)
        yield f"  must miss   {check}: {named}{_manner(scenario.manners.get(check))}"


def _manner(manner: Manner | None) -> str:
    if manner is None:
        return ""
    because = f", because: {manner.because}" if manner.because else ""
    if manner.least is None or manner.most is None:
        return because
    return f"{because}, between {spoken(manner.least)} and {spoken(manner.most)}"


def acts_of(scenario: Scenario) -> tuple[Act, ...]:
    """Every act in its order, the debrief too."""
    return tuple(Act(name, tuple(steps)) for name, steps in _acts(scenario))


def _own_data(home: Home) -> str:
    dump, roles = home.dump, f", roles of {home.globals}" if home.globals else ""
    return f"{dump.path} ({dump.form}, {dump.size} bytes){roles}"


def _acts(scenario: Scenario) -> Iterator[tuple[str, list[str]]]:
    citizens, lost = scenario.citizens, _lost(scenario)
    many = len(scenario.register_names)
    copies = [f"the embassy keeps the copy {_settings(copy)}; it is proven current" for copy in scenario.copies]
    yield "prepare", ["home and embassy are started", f"{many} registers are filled at home and sealed", *copies]
    work = f"citizens work at home: {citizens.per_second:g} per second over {many} registers"
    patience = f"each gives up after {spoken(citizens.timeout)}"
    yield "calm", [f"{work}; {patience}", f"wait {spoken(scenario.calm)}"]
    yield "outage", [f"{_settings(scenario.outage)} strikes home; lost: {', '.join(lost)}"]
    yield "notice", list(_notice(scenario))
    yield "recovery", [_fence(scenario), f"{_settings(scenario.recovery)} at the embassy", *_gate(scenario)]
    yield "homecoming", ["home is given back as far as it can come back; stale citizens still try it"]
    yield "survey", ["the citizens go home; receipts and digests of every register are read"]
    yield "debrief", ["every check judges the evidence; the report is written; everything started is undone"]


def _notice(scenario: Scenario) -> Iterator[str]:
    detect, declare, after = scenario.response.detect, scenario.response.declare, scenario.outage.discovered_after
    yield f"the watch tries every {spoken(detect.every)}; detected after {detect.misses} misses in a row"
    if after is not None:
        yield f"what no watch can see is discovered by {declare.by} {spoken(after)} after the strike"
    yield f"{declare.by} declares the disaster {spoken(declare.after)} later"


def _lost(scenario: Scenario) -> list[str]:
    takes = scenario.outage.takes
    return [name for name in scenario.register_names if takes is None or name in takes]


def _fence(scenario: Scenario) -> str:
    said = {"cut": "home is fenced: its cable is cut", "off": "home is fenced: its power stays off"}
    if scenario.outage.takes is not None:
        said = {"cut": f"home is fenced where it is lost: the database of {', '.join(_lost(scenario))} is closed there"}
    return said.get(scenario.response.fence_by, "home is NOT fenced: single_home will be missed")


def _gate(scenario: Scenario) -> list[str]:
    order = ", ".join(_lost(scenario))
    during = scenario.serve.value == "during_gate"
    when = "citizens are let in while the gate runs" if during else "citizens are let in after the gate"
    stable = f"restored when citizens were served for {spoken(scenario.citizens.stable_for)} without a failure"
    return [f"each register passes its gate, in this order: {order}", f"{when}; {stable}"]


def _settings(kind: object) -> str:
    """'courier (dump, every 30s, kept 3)': a kind with its settings as the file writes them."""
    from pydantic import BaseModel

    assert isinstance(kind, BaseModel)  # noqa: S101  every kind is its settings
    written = kind.model_dump(mode="json", by_alias=True)
    name = written.pop("name", None)
    label = written.pop("kind")
    chosen = [f"{key} {_written(value)}" for key, value in written.items() if value is not None]
    told = ", ".join([*([label] if name else []), *chosen])
    return f"{name or label} ({told})" if told else str(name or label)


def _written(value: object) -> str:
    if isinstance(value, list):
        return " and ".join(map(_written, value))
    if isinstance(value, dict):
        return ", ".join(f"{key.replace('_', ' ')} {_written(each)}" for key, each in value.items())
    return str(value).lower() if isinstance(value, bool) else str(value)
