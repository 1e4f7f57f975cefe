"""What a drill would do, act by act, told before anything is started."""

from __future__ import annotations

from collections.abc import Iterator

from drill.objectives import spoken
from drill.scenario import Scenario

# Estimates: an empty cluster with its write-ahead log; one person's rows in all registers, with their indexes
_EMPTY_SITE = 400_000_000
_PER_PERSON = 4_000
_PER_DUMP = 0.25  # of the rows, compressed

_STARTED = {
    "embedded": "two PostgreSQL servers as processes of this machine, the cable, the citizens, a watchdog",
    "docker": "two containers with a volume and an internal network each, the cable, the citizens, a watchdog",
}
_WHERE = {
    "auto": "docker when a local engine answers and an image can be had, else embedded",
    "embedded": "embedded: processes of this machine",
    "docker": "docker: containers of the local engine",
}


def plan_of(scenario: Scenario, on: str) -> str:
    """The plan as text, one line for each thing that happens."""
    lines = [f"{scenario.name}", *_resources(scenario, on), ""]
    for number, (act, steps) in enumerate(_acts(scenario), 1):
        lines += [f"{number}. {act}", *(f"   - {step}" for step in steps)]
    return "\n".join(lines)


def estimated_disk(scenario: Scenario) -> int:
    """Bytes that both sites may need together; an estimate."""
    rows = scenario.people * _PER_PERSON * len(scenario.register_names) // 7
    dumps = sum(getattr(copy, "kept", 0) + 1 for copy in scenario.copies if copy.kind == "dump")
    return int(2 * (_EMPTY_SITE + rows) + dumps * _PER_DUMP * rows)


def _resources(scenario: Scenario, on: str) -> Iterator[str]:
    yield f"  host        {_WHERE[on]}"
    yield f"  starts      {_STARTED.get(on) or _STARTED['docker'] + '; or ' + _STARTED['embedded']}"
    yield f"  people      {scenario.people} synthetic, seed {scenario.seed}"
    yield f"  disk        about {estimated_disk(scenario) / 1e9:.1f} GB (estimated)"
    for name, promised in scenario.objectives_by_register.items():
        yield f"  register    {name}: RTO {spoken(promised.rto)}, RPO {spoken(promised.rpo)}"
    for check, registers in scenario.expect_missed.items():
        named = registers if isinstance(registers, str) else ", ".join(registers)
        yield f"  must miss   {check}: {named}"


def _acts(scenario: Scenario) -> Iterator[tuple[str, list[str]]]:
    response, citizens, lost = scenario.response, scenario.citizens, _lost(scenario)
    many = len(scenario.register_names)
    copies = [f"the embassy keeps the copy {_settings(copy)}; it is proven current" for copy in scenario.copies]
    yield "prepare", ["home and embassy are started", f"{many} registers are filled at home and sealed", *copies]
    work = f"citizens work at home: {citizens.per_second:g} per second over {many} registers"
    patience = f"each gives up after {spoken(citizens.timeout)}"
    yield "calm", [f"{work}; {patience}", f"wait {spoken(scenario.calm)}"]
    yield "outage", [f"{_settings(scenario.outage)} strikes home; lost: {', '.join(lost)}"]
    detect = response.detect
    seen = f"the watch tries every {spoken(detect.every)}; detected after {detect.misses} misses in a row"
    declared = f"{response.declare.by} declares the disaster {spoken(response.declare.after)} later"
    yield "notice", [seen, declared]
    yield "recovery", [_fence(scenario), f"{_settings(scenario.recovery)} at the embassy", *_gate(scenario)]
    yield "homecoming", ["home is given back as far as it can come back; stale citizens still try it"]
    yield "survey", ["the citizens go home; receipts and digests of every register are read"]
    yield "debrief", ["every check judges the evidence; the report is written; everything started is undone"]


def _lost(scenario: Scenario) -> list[str]:
    takes = scenario.outage.takes
    return [name for name in scenario.register_names if takes is None or name in takes]


def _fence(scenario: Scenario) -> str:
    said = {"cut": "home is fenced: its cable is cut", "off": "home is fenced: its power stays off"}
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
    told = ", ".join([*([label] if name else []), *(f"{key} {_written(value)}" for key, value in written.items())])
    return f"{name or label} ({told})" if told else str(name or label)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
