"""What must fit together in a scenario, beyond each value by itself."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from drill.citizens.schedule import Schedule
from drill.objectives import OWN_DATA, spoken
from drill.recoveries.targets import RestorePoint
from drill.scenario.kinds import check_names
from drill.scenario.mistakes import meant, name_of, place_of, shown
from drill.scenario.text import Mistake, Path, Placed

if TYPE_CHECKING:
    from drill.scenario import Scenario

MEASURING = ("recovery_time", "data_loss")  # the checks that find seconds
FEWEST_EACH = 3  # transactions of a register that the calm must hold: with none acknowledged its loss stays unknown

MOST_CITIZENS = 1000  # servers of a drill take 1100 connections

_ABOVE_ZERO = frozenset({"every", "timeout", "stable_for", "calm", "per_second", "misses", "kept", "jobs", "rtt"})

Broken = Iterator[tuple[Path, str]]  # where, and what is wrong there


def broken_rules(scenario: Scenario, placed: Placed) -> list[Mistake]:
    """One mistake for each rule that the scenario breaks, at the value (or key) that breaks it."""
    rules = (_above_zero(placed), _copies(scenario), _recovery(scenario), _registers(scenario), _expected(scenario))
    more = (
        _manners(scenario),
        _point(scenario),
        _own_data(scenario),
        _part_of_home(scenario),
        _rates(scenario),
        _crowd(scenario),
    )
    found = [pair for rule in (*rules, *more) for pair in rule]
    return [_mistake(path, what, placed) for path, what in found]


def _mistake(path: Path, what: str, placed: Placed) -> Mistake:
    if path[-1:] == ("[key]",):
        return Mistake(place_of(path[:-1], placed, key=True), what)
    return Mistake(place_of(path, placed), what)


def _above_zero(placed: Placed) -> Broken:
    """Beats, timeouts and counts: zero or less would never end, or never begin."""
    for path in placed.values:
        if path and path[-1] in _ABOVE_ZERO and _is_zero(value := _at(placed, path)):
            yield path, f"{name_of(path)} should be greater than 0, not {shown(value)}"


def _is_zero(value: object) -> bool:
    if isinstance(value, str):
        return not value.strip("0.dhmsin")
    return isinstance(value, int | float) and value <= 0


def _at(placed: Placed, path: Path) -> Any:
    here: Any = placed.content
    for part in path:
        here = here[part]
    return here


def _copies(scenario: Scenario) -> Broken:
    seen: set[str] = set()
    for place, copy in enumerate(scenario.copies):
        if copy.name in seen:
            yield ("copies", place, "name"), f"another copy is already named {copy.name!r}"
        seen.add(copy.name)
    waited_for = [place for place, copy in enumerate(scenario.copies) if getattr(copy, "synchronous", False)]
    for place in waited_for[1:]:
        first = scenario.copies[waited_for[0]].name
        what = f"{first!r} is synchronous already, and home can wait for one copy only"
        yield ("copies", place, "synchronous"), what


def _recovery(scenario: Scenario) -> Broken:
    recovery = scenario.recovery
    kinds: dict[str, str] = {copy.name: copy.kind for copy in reversed(scenario.copies)}
    if recovery.source not in kinds:
        yield ("recovery", "from"), f"there is no copy named {recovery.source!r}{meant(recovery.source, list(kinds))}"
        return
    kind = kinds[recovery.source]
    usable = recovery.works_with
    if kind not in usable:
        others = [name for name, each in kinds.items() if each in usable]
        instead = f"use {others[0]!r}" if others else f"it needs a copy of kind {' or '.join(sorted(usable))}"
        what = f"recovery {recovery.kind} cannot use {recovery.source!r}, a copy of kind {kind}: {instead}"
        yield ("recovery", "from"), what


def _point(scenario: Scenario) -> Broken:
    """Restore points are called by their copy: another's would be missed only at the recovery."""
    recovery = scenario.recovery
    named = recovery.to if recovery.kind == "replay" else None
    if isinstance(named, RestorePoint) and not re.fullmatch(
        rf"{re.escape(recovery.source)}-[1-9][0-9]*", named.restore_point
    ):
        what = f"{named.restore_point!r} is no restore point of {recovery.source!r}: they are called"
        yield ("recovery", "to", "restore_point"), f"{what} {recovery.source}-1, {recovery.source}-2 and so on"


def _registers(scenario: Scenario) -> Broken:
    if scenario.registers != "all":
        yield from _twice(("registers",), scenario.registers)
    for name in scenario.objectives.registers:
        if name not in scenario.register_names:
            yield ("objectives", "registers", name, "[key]"), f"the register {name} is not in this scenario"


def _own_data(scenario: Scenario) -> Broken:
    """It is loaded from somewhere, by a name that is on the list, and the files are what they should be."""
    if scenario.home is None:
        for place, name in enumerate(scenario.registers if scenario.registers != "all" else ()):
            if name == OWN_DATA:
                yield ("registers", place), f"{name} needs `home: {{load: FILE}}`, the dump that it comes from"
        return
    if OWN_DATA not in scenario.register_names:
        yield ("home",), f"{OWN_DATA} is not among the registers, so nothing would be loaded: name it there"
    for key, wrong in scenario.home.mistakes():
        yield ("home", key), wrong


def _twice(path: Path, names: tuple[str, ...]) -> Broken:
    counted: Counter[str] = Counter()
    for place, name in enumerate(names):
        counted[name] += 1
        if counted[name] > 1:
            yield (*path, place), f"{name} is named twice"


def _part_of_home(scenario: Scenario) -> Broken:
    """Where only some registers are lost, they must be there, and the fence must leave the others alone."""
    outage = scenario.outage
    if outage.takes is not None and scenario.response.fence_by == "off":
        what = f"{outage.kind} leaves other registers at home, which `off` would take down: write cut, which closes"
        yield ("response", "fence"), f"{what} only the databases of what is lost"
    if outage.takes is not None:
        yield from _beside_a_living_home(scenario)
    if outage.kind != "operator_drop":
        return
    if outage.lost not in scenario.register_names:
        yield ("outage", "register"), f"the register {outage.lost} is not in this scenario"
    if outage.tables is not None:
        yield from _tables(outage.lost, outage.tables)


def _beside_a_living_home(scenario: Scenario) -> Broken:
    """The embassy's server stops following when it recovers: home must neither wait for it nor have a whole double."""
    outage, recovery = scenario.outage, scenario.recovery
    if not recovery.for_a_part:
        what = f"{outage.kind} leaves other registers at home, and {recovery.kind} would bring up all of them a second"
        yield ("recovery", "kind"), f"{what} time: recover from a dump or an archive"
    for place, copy in enumerate(scenario.copies):
        if copy.kind == "streaming" and copy.synchronous:
            what = f"{outage.kind} leaves other registers at home, which would wait for this standby in vain once the"
            yield ("copies", place, "synchronous"), f"{what} embassy recovers: write false"


def _tables(register: str, named: tuple[str, ...]) -> Broken:
    """Tables that the register has; those of somebody's own data are known only when it is filled."""
    from drill.registers import ALL  # heavy (SQLAlchemy): needed for this one rule

    yield from _twice(("outage", "tables"), named)
    if register not in ALL:
        return
    known = list(ALL[register].tables.tables)
    for place, table in enumerate(named):
        if table not in known:
            yield ("outage", "tables", place), f"there is no table {table!r} in {register}{meant(table, known)}"


def _expected(scenario: Scenario) -> Broken:
    known, in_manner = list(check_names()), scenario.manners
    for check, registers in scenario.missing.items():
        if check not in known:
            yield ("expect_missed", check, "[key]"), f"there is no check named {check!r}{meant(check, known)}"
        at: Path = ("expect_missed", check, *(("registers",) if check in in_manner else ()))
        if isinstance(registers, str):
            continue
        yield from _twice(at, registers)
        for place, name in enumerate(registers):
            if name != "drill" and name not in scenario.register_names:
                yield (*at, place), f"the register {name} is not in this scenario"


def _manners(scenario: Scenario) -> Broken:
    for check, manner in scenario.manners.items():
        if manner.least is None or manner.most is None:
            continue
        at = ("expect_missed", check, "between")
        if check not in MEASURING:
            yield at, f"{check} measures no time: write `because`{meant(check, list(MEASURING))}"
        elif manner.least > manner.most:
            yield at, "the least comes first, then the most"


def _crowd(scenario: Scenario) -> Broken:
    """Every citizen may hold a connection, and a server has only so many."""
    citizens, registers = scenario.citizens, len(scenario.register_names)
    crowd = registers * Schedule(citizens.per_second, registers, citizens.timeout).crowd
    if crowd > MOST_CITIZENS:
        what = f"{citizens.per_second:g} per second with a timeout of {spoken(citizens.timeout)} make {crowd} citizens"
        yield ("citizens",), f"{what}, more than the {MOST_CITIZENS} that one server can take"


def _rates(scenario: Scenario) -> Broken:
    """Every register must be used often enough during the calm for its loss to be measured."""
    gap = len(scenario.register_names) / max(scenario.citizens.per_second, 1e-9)
    if scenario.calm and scenario.calm < FEWEST_EACH * gap:
        needed = spoken(round(FEWEST_EACH * gap + 0.05, 1))
        what = f"a calm of {spoken(scenario.calm)} is too short: at {scenario.citizens.per_second:g} per second over"
        yield ("calm",), f"{what} {len(scenario.register_names)} registers it must be at least {needed}"
