"""The desk of one register: where its citizens are sent, what they do there, and what the ledger says of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from drill.citizens.counter import Counter, Login, OutOfPatience, Refused
from drill.citizens.visit import Business, Ending, unfinished, visit
from drill.hosts.limits import Strain
from drill.ledger import SILENCE, Entry, Errand, Outcome

_READ_BACK = "select count(*) from drill.receipt where citizen = $1::int and number = $2::int"


@dataclass(frozen=True, slots=True)
class Appointment:
    """Who comes, for what, when (an instant of the event loop), and how long it may take (seconds)."""

    citizen: int
    number: int
    due: float
    timeout: float
    errand: Errand = Errand.WORK


@dataclass(frozen=True, slots=True)
class _Arrival:
    """When a citizen came to the desk (an instant of the event loop), and the strain of this machine until then."""

    at: float
    strain: float | None


@dataclass
class Desk:
    """`began` is the loop's instant at which the drill's clock stood at zero; `write` puts an entry into the ledger."""

    register: str
    statements: Sequence[tuple[str, Callable[[Random, int], Sequence[str]]]]
    logins: Mapping[str, Login]  # by site
    people: int
    seed: int
    began: float
    write: Callable[[Entry], None]
    site: str = "home"
    entries: list[Entry] = field(default_factory=list)
    strain: Strain = field(default_factory=Strain)

    async def open(self, site: str, deadline: float) -> Counter:
        """A new connection to the register at that site."""
        return await Counter.call(self.logins[site], deadline)

    async def attend(
        self, appointment: Appointment, site: str, counter: Counter | None
    ) -> tuple[Entry, Counter | None]:
        """Keep the appointment, over `counter` or a new connection; returns the connection too, if it is still good."""
        came, deadline = self._arrival(), appointment.due + appointment.timeout
        try:
            counter = counter or await self.open(site, deadline)
        except (Refused, OutOfPatience) as refused:
            return self._note(appointment, site, came, unfinished(refused)), None
        ending = await visit(counter, self._business(appointment), deadline)
        if ending.outcome is Outcome.ACKED and appointment.errand is Errand.GATE:
            ending = await self._read_back(counter, appointment, ending, deadline)
        entry = self._note(appointment, site, came, ending)
        if ending.outcome in (Outcome.ACKED, Outcome.WEAK):
            return entry, counter
        counter.hang_up()
        return entry, None

    def miss(self, appointment: Appointment) -> None:
        """The drill itself was too late for this appointment: that says nothing about the register."""
        self._note(appointment, self.site, self._arrival(), Ending(Outcome.NOT_TRIED, None, {}, "the drill was late"))

    def _arrival(self) -> _Arrival:
        return _Arrival(_now(), self.strain.so_far())

    def _business(self, appointment: Appointment) -> Business:
        random = Random(f"{self.seed}/{self.register}/{appointment.citizen}/{appointment.number}")  # noqa: S311 - no secret
        statement, draw = random.choice(self.statements)
        parameters = [str(appointment.citizen), str(appointment.number), *draw(random, self.people)]
        return Business(statement, parameters)

    async def _read_back(self, counter: Counter, who: Appointment, ending: Ending, deadline: float) -> Ending:
        """The gate reads what it has written; an acknowledged write that cannot be read is in doubt."""
        try:
            answer = await counter.ask(_READ_BACK, [str(who.citizen), str(who.number)], deadline=deadline)
            read, says = int(answer.rows[0][0]), "the receipt cannot be read back"
        except (Refused, OutOfPatience) as failed:
            read, says = 0, f"reading back: {failed}"
        return ending if read else Ending(Outcome.IN_DOUBT, ending.commit_sent, ending.change, says)

    def _note(self, appointment: Appointment, site: str, came: _Arrival, ending: Ending) -> Entry:
        entry = Entry(
            register=self.register,
            citizen=appointment.citizen,
            number=appointment.number,
            site=site,
            due=appointment.due - self.began,
            sent=(ending.commit_sent or came.at) - self.began,
            ended=_now() - self.began,
            outcome=ending.outcome,
            change=ending.change,
            errand=appointment.errand,
            says=ending.says,
            strain=self._since(came) if SILENCE in ending.says else None,
        )
        self.entries.append(entry)
        self.write(entry)
        return entry

    def _since(self, came: _Arrival) -> float | None:
        strain = self.strain.so_far()
        return None if strain is None or came.strain is None else round(strain - came.strain, 3)


def _now() -> float:
    return asyncio.get_running_loop().time()
