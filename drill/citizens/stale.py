"""Citizens who never heard of the embassy: behind the fence they try home again, and none may be acknowledged."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field

from drill.citizens.counter import Counter, OutOfPatience, Refused
from drill.citizens.desk import Appointment, Desk
from drill.ledger import Entry, Errand

FIRST = 1_000_001  # their numbers, far from those of the crowd
_OLD = 2  # connections of each register that stay open from the calm on: one for the recovery, one for the homecoming


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

    async def try_home(self) -> tuple[list[Entry], list[Entry]]:
        """One try over an old connection, where one is left, and one over a new one: (old entries, new entries)."""
        old = [self.old.popleft()] if self.old else []
        entries = await asyncio.gather(*(self._try(counter) for counter in [*old, None]))
        return list(entries[:-1]), [entries[-1]]

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
