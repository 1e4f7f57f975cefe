"""An open-loop day at the counter: each transaction has its time, whether the last one was answered or not."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, Field

from drill.citizens.counter import Login
from drill.citizens.desk import Appointment, Desk
from drill.citizens.regular import Regular
from drill.citizens.schedule import Schedule
from drill.citizens.stale import Stale
from drill.clock import wait_until
from drill.errors import CannotRun, NotInTime
from drill.hosts.limits import go_first, open_many
from drill.ledger import Entry, Errand, Outcome
from drill.measures import restored_at
from drill.objectives import Duration
from drill.parts import CitizensAtWork, Crowd, HomeTries, Lost
from drill.sites.site import citizen

if TYPE_CHECKING:
    from drill.clock import Clock
    from drill.sites.site import Site

T = TypeVar("T")

_GATE_PATIENCE = 10.0  # seconds: the gate asks whether a write is possible, not whether it is fast


class Office(BaseModel, frozen=True, extra="forbid"):
    """How many come, how patient they are, and how long they must be served for it to count."""

    per_second: Annotated[float, Field(gt=0, le=2000)] = 20.0
    timeout: Duration = 1.0
    stable_for: Duration = 2.0

    @contextmanager
    def at_work(self, crowd: Crowd, clock: Clock, write: Callable[[Entry], None]) -> Iterator[CitizensAtWork]:
        """Open the office: from now on citizens come to home, in a thread of their own."""
        day = _Day(self, crowd, clock, write)
        try:
            day.open()
            yield day
        finally:
            day.close()


class _Day:
    """The office while it is open. Everything that touches a connection runs in the thread of its event loop."""

    def __init__(self, office: Office, crowd: Crowd, clock: Clock, write: Callable[[Entry], None]) -> None:
        self._office = office
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="citizens", daemon=True)
        began = self._loop.time() - clock.elapsed()
        self._clock = clock
        self._desks = {name: _desk(name, crowd, began, write) for name in crowd.registers}
        self._stale = {name: Stale(desk, office.timeout) for name, desk in self._desks.items()}
        self._redirected: dict[str, float] = {}
        self._working: list[asyncio.Task[None]] = []

    def open(self) -> None:
        self._thread.start()
        self._do(self._begin(), 60)

    def _run(self) -> None:
        go_first()
        open_many()
        self._loop.run_forever()

    def redirect(self, register: str, site: str) -> float:
        """Returns the instant on the drill's clock from which on citizens due are sent there."""

        async def switch() -> float:
            self._desks[register].site = site
            self._redirected[register] = self._clock.elapsed()
            return self._redirected[register]

        return self._do(switch(), 10)

    def try_at(self, register: str, site: str) -> Entry:
        async def attempt() -> Entry:
            who = Appointment(0, 1, self._loop.time(), _GATE_PATIENCE, Errand.GATE)
            entry, counter = await self._desks[register].attend(who, site, None)
            if counter is not None:
                counter.hang_up()
            return entry

        return self._do(attempt(), _GATE_PATIENCE + 10)

    def settle(self) -> None:
        """Until every answer that had already arrived is in the ledger."""

        async def turn() -> None:
            for _ in range(3):
                await asyncio.sleep(0)

        self._do(turn(), 10)

    def wait_until_served(self, registers: Sequence[str], deadline: float) -> Sequence[str]:
        waiting = list(registers)

        def all_served() -> bool:
            waiting[:] = [name for name in waiting if not self._is_served(name)]
            return not waiting

        with suppress(NotInTime):
            wait_until("citizens are served", all_served, deadline=deadline, every=0.05, hint="see the ledger")
        return tuple(waiting)

    def try_home_again(self, lost: Lost, lasting: float = 0.0) -> HomeTries:
        async def tries() -> HomeTries:
            those = [stale for name, stale in self._stale.items() if lost is None or name in lost]
            rounds = await asyncio.gather(*(stale.try_home(lasting) for stale in those))
            return HomeTries(_tried(old for old, _ in rounds), _tried(new for _, new in rounds))

        return self._do(tries(), lasting + 2 * self._office.timeout + 10)

    def go_home(self) -> tuple[Entry, ...]:
        async def last() -> None:
            for task in self._working:
                task.cancel()
            ended = await asyncio.gather(*self._working, return_exceptions=True)
            self._working.clear()
            for error in ended:
                if error is not None and not isinstance(error, asyncio.CancelledError):
                    raise error
            for stale in self._stale.values():
                stale.leave()

        self._do(last(), 2 * self._office.timeout + 30)
        return tuple(entry for desk in self._desks.values() for entry in desk.entries)

    def close(self) -> None:
        if self._thread.is_alive():
            self.go_home()
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._loop.close()

    async def _begin(self) -> None:
        await asyncio.gather(*(stale.wait_in_line() for stale in self._stale.values()))
        plan = Schedule(self._office.per_second, len(self._desks), self._office.timeout)
        opened = self._loop.time()
        for index, desk in enumerate(self._desks.values()):
            for number in range(1, plan.crowd + 1):
                regular = Regular(desk, number, plan.slots(index, number), opened, plan.timeout)
                self._working.append(self._loop.create_task(regular.work()))

    def _is_served(self, register: str) -> bool:
        """Whether it is, with every try that was due in the stable time ended, also the slowest."""
        if register not in self._redirected:
            return False
        entries = [e for e in self._desks[register].entries if e.errand is Errand.WORK and e.site == "embassy"]
        since = restored_at(entries, self._redirected[register], self._office.stable_for)
        return since is not None and self._clock.elapsed() >= since + self._office.stable_for + self._office.timeout

    def _do(self, work: Coroutine[Any, Any, T], deadline: float) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(deadline)
        except TimeoutError as late:
            future.cancel()
            raise CannotRun(
                f"the citizens did not react within {deadline:g} s", hint="is this machine overloaded?"
            ) from late


def _tried(rounds: Iterable[Iterable[Entry]]) -> tuple[Entry, ...]:
    return tuple(entry for entries in rounds for entry in entries if entry.outcome is not Outcome.NOT_TRIED)


def _desk(name: str, crowd: Crowd, began: float, write: Callable[[Entry], None]) -> Desk:
    register, structure = crowd.registers[name], crowd.seals[name].structure
    return Desk(
        register=name,
        statements=[(transaction.sql(structure), transaction.draw) for transaction in register.transactions],
        logins={site.name: _login(site, name) for site in crowd.sites},
        people=crowd.people,
        seed=crowd.seed,
        began=began,
        write=write,
    )


def _login(site: Site, register: str) -> Login:
    role = citizen(register)
    return Login(site.reached_from("citizens"), register, role, site.keys.password(role))
