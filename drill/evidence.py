"""All that a drill leaves to be judged by. Read back from its folder, it is judged the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, Self

from drill.digest import Column, Digest, Form
from drill.ledger import Entry, Receipt
from drill.objectives import Objectives
from drill.timeline import Event
from drill.verdict import Expected, Manner

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence and the column that draws from it; `highest` is the largest value there, None in an empty table."""

    name: str
    column: str
    next_value: int
    highest: int | None


@dataclass(frozen=True, slots=True)
class Structure:
    """What holds the rows of a register together, as the catalogue shows it."""

    columns: Mapping[str, tuple[Column, ...]] = field(default_factory=dict)  # by table
    constraints: Mapping[str, bool] = field(default_factory=dict)  # "table.name: definition" -> validated
    indexes: Mapping[str, bool] = field(default_factory=dict)  # "name: definition" -> valid and ready
    sequences: tuple[Sequence, ...] = ()
    objects: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # kind -> name -> definition


@dataclass(frozen=True, slots=True)
class Observation:
    """What one probe saw: how many things it looked at, what was wrong there, what it could not look at, and why.

    Excused is what is no damage although it is not as one might expect, and why.
    """

    looked_at: int = 0
    wrong: tuple[str, ...] = ()
    unseen: Mapping[str, str] = field(default_factory=dict)  # thing -> reason
    excused: Mapping[str, str] = field(default_factory=dict)  # thing -> reason


@dataclass(frozen=True, slots=True)
class Buckets:
    """The digests of a part of a table each: its rows are told apart by the hash of a key."""

    key: tuple[Column, ...]
    digests: Mapping[int, Digest]  # those that have rows


@dataclass(frozen=True, slots=True)
class Seal:
    """What home knew of one register before the citizens came: taken where nobody writes."""

    tables: Mapping[str, Digest]  # by "schema.table", receipts left out
    structure: Structure = field(default_factory=Structure)
    system_identifier: str = ""
    lsn: str = ""
    taken_at: datetime | None = None
    files: Mapping[str, str] = field(default_factory=dict)  # path of a file, as the log names it -> its table
    form: Form = Form.NATIVE  # in which its digests were taken
    # table or kind of object -> why it is not known what must be there now
    loose: Mapping[str, str] = field(default_factory=dict)
    logins: tuple[str, ...] | None = None  # roles that could log in to it; None where nobody asked
    buckets: Mapping[str, Buckets] = field(default_factory=dict)  # by table, where that was wanted
    views: Mapping[str, Digest] = field(default_factory=dict)  # materialized ones; loading a dump fills them anew

    @property
    def with_views(self) -> Self:
        """As a copy of files must hold it: what is in a materialized view is in a file, as the rows of a table are."""
        return replace(self, tables={**self.tables, **self.views}, views={})


@dataclass(frozen=True, slots=True)
class Holdings:
    """What a register holds, in one snapshot: its tables, its receipts, its structure."""

    site: str
    tables: Mapping[str, Digest]  # without those that are not there, or cannot be read in their sealed form
    receipts: tuple[Receipt, ...]
    structure: Structure = field(default_factory=Structure)
    strangers: Mapping[str, int] = field(default_factory=dict)  # reference -> rows whose counterpart is nowhere
    observations: Mapping[str, Observation] = field(default_factory=dict)  # by the name of the check that judges it
    buckets: Mapping[str, Mapping[int, Digest]] = field(default_factory=dict)  # of tables that are not as sealed


@dataclass(frozen=True, slots=True)
class Evidence:
    scenario: str
    expected: Expected
    lost: frozenset[str]  # the registers that the outage takes; the others must stay undisturbed
    objectives: Mapping[str, Objectives]  # this and the next two by register
    seals: Mapping[str, Seal]
    holdings: Mapping[str, Holdings]  # a register that was never surveyed is absent
    events: tuple[Event, ...]
    ledger: tuple[Entry, ...]
    stable_for: float = 2.0  # seconds without a failure that make a first acknowledgement count as restored
    manners: Mapping[str, Manner] = field(default_factory=dict)  # how some of the expected must miss
    notes: tuple[str, ...] = ()  # what was odd about the folder it was read from: a torn last line, a missing file

    @classmethod
    def rebuilt(
        cls,
        events: tuple[Event, ...],
        ledger: tuple[Entry, ...],
        *,
        seals: Mapping[str, Seal],
        holdings: Mapping[str, Holdings],
        notes: tuple[str, ...] = (),
    ) -> Self:
        """From what lies in a folder. The event `began` tells what the scenario asked for; ValueError without it."""
        began = next((e.facts for e in events if e.what == "began"), None)
        if began is None:
            raise ValueError("its events do not begin with `began`")
        wanted = {
            register: Objectives.model_construct(rto=float(times["rto"]), rpo=float(times["rpo"]))
            for register, times in began["objectives"].items()
        }
        return cls(
            scenario=began["scenario"],
            expected={check: _expected(registers) for check, registers in began["expected"].items()},
            lost=frozenset(began["lost"]),
            objectives=wanted,
            seals=seals,
            holdings=holdings,
            events=events,
            ledger=ledger,
            stable_for=float(began["stable_for"]),
            manners={check: Manner(**manner) for check, manner in began.get("manners", {}).items()},
            notes=notes,
        )

    @property
    def began(self) -> Mapping[str, Any]:
        """The facts of the event `began`; none when it was never recorded."""
        event = self.first("began")
        return {} if event is None else event.facts

    @property
    def registers(self) -> tuple[str, ...]:
        """Every register that there is anything to judge of, in the order of priority."""
        return tuple(dict.fromkeys([*self.objectives, *self.seals, *sorted(self.lost)]))

    def held(self, register: str) -> Holdings | None:
        """What the register held where its citizens belong at the end; None when nobody looked there."""
        holdings = self.holdings.get(register)
        belongs = "embassy" if register in self.lost else "home"
        return holdings if holdings is not None and holdings.site == belongs else None

    def structures(self, register: str) -> tuple[Structure | None, Structure | None]:
        """What held its rows together at the seal, and what does now; None for what nobody looked at."""
        seal, held = self.seals.get(register), self.held(register)
        return (None if seal is None else seal.structure), (None if held is None else held.structure)

    def time_of(self, what: str, /, **facts: Any) -> float | None:
        """When it first happened, in seconds on the drill's clock; None when it never did."""
        event = self.first(what, **facts)
        return None if event is None else event.elapsed

    def first(self, what: str, **facts: Any) -> Event | None:
        """The first event of that name that carries these facts."""
        return next(self.all(what, **facts), None)

    def all(self, what: str, **facts: Any) -> Iterator[Event]:
        """Every event of that name that carries these facts, in order."""
        return (e for e in self.events if e.what == what and facts.items() <= e.facts.items())


def _expected(registers: object) -> Literal["all", "some"] | frozenset[str]:
    if registers == "all":
        return "all"
    if registers == "some":
        return "some"
    if not isinstance(registers, list):
        raise ValueError(f"expected registers: {registers!r} is neither a list nor all nor some")
    return frozenset(registers)
