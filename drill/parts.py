"""The parts a drill is made of, as the story sees them.

A kind is its settings: a frozen model that YAML parses into, with one verb. What must be undone is a
context manager; what is done once is a plain verb.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Protocol

from drill.evidence import Holdings, Seal, Structure
from drill.ledger import Entry
from drill.objectives import Objectives
from drill.timeline import Timeline
from drill.verdict import Expected, Manner

if TYPE_CHECKING:
    from drill.clock import Clock
    from drill.sites.site import Site


Lost = frozenset[str] | None  # the registers that an outage takes; None for all of home
Proof = Callable[[], str]  # says what shows that an outage took effect; StepFailed when nothing does


class Serve(StrEnum):
    """When citizens are let in. Served is not yet recovered: the RTA ends with the later of served and accepted."""

    AFTER_GATE = "after_gate"
    DURING_GATE = "during_gate"


@dataclass(frozen=True, slots=True)
class Version:
    """One restorable state of a copy, as the embassy's own records tell it."""

    name: str
    made_at: datetime  # when its oldest content was current, by the clock of the machine
    location: str  # the folder on the embassy's disk
    skew: float = 0.0  # seconds between the moments of its first and its last register


class KeptCopy(Protocol):
    """A copy while it is being kept."""

    @property
    def name(self) -> str: ...

    def versions(self) -> Sequence[Version]:
        """The states that could be restored now, oldest first."""


class Copy(Protocol):
    """How the embassy gets the data."""

    @property
    def name(self) -> str: ...

    @property
    def kind(self) -> str: ...

    def keep(
        self, home: Site, embassy: Site, seals: Mapping[str, Seal], timeline: Timeline
    ) -> AbstractContextManager[KeptCopy]:
        """Establish the copy of the sealed registers and prove it current; keep it until undone."""


class Transaction(Protocol):
    """One kind of business that citizens do in a register."""

    @property
    def name(self) -> str:
        """As people say it: "register a birth"."""

    def sql(self, structure: Structure) -> str:
        """One statement: does the work, leaves its receipt, returns (table, rows, sum, sum) for each table it changed.

        $1 is the citizen, $2 the citizen's number, $3 and on are what `draw` gave.
        """

    def draw(self, random: Random, people: int) -> Sequence[str]:
        """The parameters from $3 on, as text; the same for the same random state."""


class Register(Protocol):
    """One state register: a database of its own."""

    @property
    def name(self) -> str: ...

    @property
    def transactions(self) -> Sequence[Transaction]: ...

    def fill(self, home: Site, people: int, seed: int) -> None:
        """Create the database with its roles, tables and rows; the same rows for the same people and seed."""


class Survey(Protocol):
    """Reads what a register holds; never judges it."""

    def seal(self, register: str, home: Site) -> Seal:
        """What is there before the citizens come: nobody may write meanwhile."""

    def size(self, register: str, site: Site) -> int:
        """Bytes of its database on the disk."""

    def holdings(self, register: str, site: Site, seal: Seal) -> Holdings:
        """What is there now, in one snapshot, also while citizens are served."""

    def thorough(self, register: str, site: Site, seal: Seal) -> Holdings:
        """The same with every object of the schema, and whether the database is sound: for when nobody waits."""

    def strangers(self, places: Mapping[str, Site]) -> Mapping[str, Mapping[str, int]]:
        """By register and reference: rows that name somebody whom the other register, wherever it is, does not know."""


@dataclass(frozen=True, slots=True)
class HomeTries:
    """What stale citizens met at home; tries that the drill itself was too late for are left out."""

    old: tuple[Entry, ...]  # over connections from the time before
    new: tuple[Entry, ...]  # over new ones


class CitizensAtWork(Protocol):
    """Go on trying at their scheduled times, whatever happens to the sites."""

    def redirect(self, register: str, site: str) -> float:
        """The register's citizens are sent to that site from the returned instant of the drill's clock on."""

    def try_at(self, register: str, site: str) -> Entry:
        """One transaction of the gate: written, committed, read back as the citizen role."""

    def settle(self) -> None:
        """Until every answer that had already arrived is in the ledger."""

    def wait_until_served(self, registers: Sequence[str], deadline: float) -> Sequence[str]:
        """Until each was served without a failure for as long as the scenario says; returns those that never were."""

    def try_home_again(self, lost: Lost, lasting: float = 0.0) -> HomeTries:
        """Some never heard of the embassy: they try each lost register over an old connection and over a new one.

        Once, or again and again in so many seconds. Citizens of the other registers are at home rightly, and are left
        alone.
        """

    def go_home(self) -> tuple[Entry, ...]:
        """Stop. From here on the ledger is complete."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who comes to which registers, and where they can be sent."""

    registers: Mapping[str, Register]
    seals: Mapping[str, Seal]
    sites: tuple[Site, Site]
    people: int
    seed: int


class Citizens(Protocol):
    @property
    def per_second(self) -> float: ...

    @property
    def timeout(self) -> float: ...

    @property
    def stable_for(self) -> float: ...

    def at_work(
        self, crowd: Crowd, clock: Clock, write: Callable[[Entry], None]
    ) -> AbstractContextManager[CitizensAtWork]:
        """Open the office; `write` puts each entry into the ledger as it happens."""


class Watching(Protocol):
    """A watch that has begun."""

    def wait_until_calm(self, deadline: float) -> None:
        """Until its last try was answered; StepFailed after `deadline` seconds."""

    def wait_until_detected(self, deadline: float) -> float:
        """The instant on the drill's clock at which it was; NotInTime after `deadline` seconds."""


class Outage(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def discovered_after(self) -> float | None:
        """Seconds after the strike at which a person discovers what no watch can see; None where the watch must."""

    @property
    def takes(self) -> Lost:
        """The registers that are lost; None for all of home."""

    def strike(self, home: Site, timeline: Timeline) -> AbstractContextManager[Proof]:
        """Take home away, and yield what proves it; undoing gives home back, as far as it can come back."""


class Response(Protocol):
    def watch(self, home: Site, timeline: Timeline) -> AbstractContextManager[Watching]:
        """A watch over the citizens' path, which knows nothing of the outage."""

    def notice(self, outage: Outage, watching: Watching, timeline: Timeline) -> None:
        """Wait for the watch, or for whoever discovers what it cannot see; then for the declaration of the disaster."""

    def fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        """Keep home out, or of home only the lost registers; confirmed when this returns."""

    def prove_fence(self, home: Site, lost: Lost, citizens: CitizensAtWork, timeline: Timeline) -> None:
        """Let stale citizens try home once more, and write down what they were answered."""


class Recovery(Protocol):
    @property
    def kind(self) -> str: ...

    @property
    def source(self) -> str:
        """The name of the copy that it uses."""

    def bring_up(self, copy: KeptCopy, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[str]:
        """Yield the name of each register as it comes back."""


class Gate(Protocol):
    def accept(self, register: str, embassy: Site, seal: Seal, citizens: CitizensAtWork, timeline: Timeline) -> bool:
        """Probe and judge what came back: accepted or refused, and recorded either way."""


class Crossing(Protocol):
    """The distance between the sites, where a scenario asks for one."""

    @property
    def asked(self) -> Mapping[str, float | None]:
        """What was asked for: `rtt_s`, `bandwidth_bit_s`."""

    def measure(self, home: Site, embassy: Site) -> Mapping[str, float | None]:
        """What there is: `rtt_s`, `to_home_bit_s`, `to_embassy_bit_s`."""


class Record(Protocol):
    """What the drill leaves on disk while it is played."""

    def entry(self, entry: Entry) -> None:
        """A try of a citizen, as it ends; from any thread."""

    def sealed(self, seals: Mapping[str, Seal]) -> None:
        """What home knew of its registers."""

    def complete(self, holdings: Mapping[str, Holdings]) -> None:
        """What was found at the end: nothing is missing now, and both sites still stand."""


@dataclass(frozen=True)
class Drill:
    """A scenario ready to be played on a host: every part chosen, nothing started yet."""

    name: str
    home: Site
    embassy: Site
    people: int
    seed: int
    registers: Mapping[str, Register]  # in the order of their priority
    objectives: Mapping[str, Objectives]
    copies: Mapping[str, Copy]
    citizens: Citizens
    calm: float
    outage: Outage
    response: Response
    recovery: Recovery
    gate: Gate
    survey: Survey
    serve: Serve
    expected: Expected
    manners: Mapping[str, Manner]
    crossing: Crossing | None = None

    @property
    def lost(self) -> frozenset[str]:
        """The registers of this drill that the outage takes."""
        return frozenset(self.registers) if self.outage.takes is None else self.outage.takes & frozenset(self.registers)
