"""Citizens who never heard of the embassy: behind the fence they try home again, and none may be acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from drill.citizens.counter import Counter, OutOfPatience, Refused
from drill.citizens.desk import Appointment, Desk
from drill.ledger import Entry, Errand

FIRST = 1_000_001  # their numbers, far from those of the crowd
# Connections of each register that stay open from the calm on: one for the recovery, one for the moment in which home
# is given back, the others for the time after it, each beside every second new one.
_OLD, _OLD_TURN = 4, 2
_EVERY = 0.5  # seconds


@dataclass
class Stale:
    """Those of one register. Old connections were opened while home was well; new ones are tried now."""

    desk: Desk
    timeout: float
    old: deque[Counter] = field(default_factory=deque)
    number: int = 0

    async def wait_in_line(self) -> None:
        """Connect to home while it is well, and say nothing."""
        deadline = asyncio.get_running_loop().time() + 10 * self.timeout
        for _ in range(_OLD):
            try:
                self.old.append(await self.desk.open("home", deadline))
            except (Refused, OutOfPatience):
                return  # the crowd's own entries show that home does not answer

    async def try_home(self, lasting: float = 0.0) -> tuple[list[Entry], list[Entry]]:
        """Once, or again and again in so many seconds: over new connections, and over old ones where some are left.

        Nobody waits for the try before. Returns (old entries, new entries).
        """
        loop = asyncio.get_running_loop()
        began, old, new = loop.time(), list[asyncio.Task[Entry]](), list[asyncio.Task[Entry]]()
        async with asyncio.TaskGroup() as tries:
            for turn in range(max(1, round(lasting / _EVERY))):
                await asyncio.sleep(began + turn * _EVERY - loop.time())
                if self.old and turn % _OLD_TURN == 0:
                    old.append(tries.create_task(self._try(self.old.popleft())))
                new.append(tries.create_task(self._try(None)))
        return [each.result() for each in old], [each.result() for each in new]

    async def _try(self, counter: Counter | None) -> Entry:
        self.number += 1
        now = asyncio.get_running_loop().time()
        who = Appointment(FIRST + self.number, 1, now, self.timeout, Errand.STALE)
        entry, counter = await self.desk.attend(who, "home", counter)
        if counter is not None:
            counter.hang_up()
        return entry

    def leave(self) -> None:
        """Close what was never used."""
        while self.old:
            self.old.pop().hang_up()
