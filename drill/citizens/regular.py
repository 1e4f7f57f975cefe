"""One citizen of the crowd, from the opening of the office until everybody goes home."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from typing import Any

from drill.citizens.counter import Counter
from drill.citizens.desk import Appointment, Desk
from drill.citizens.schedule import Slot

_LATE = 0.25  # share of the timeout by which a try may begin late; beyond that the drill was late, not the register


@dataclass
class Regular:
    """Odd citizens keep their connection, even ones come with a new one each time."""

    desk: Desk
    citizen: int
    slots: Iterator[Slot]
    opened: float  # the loop's instant at which the office opened
    timeout: float
    _held: tuple[str, Counter] | None = field(default=None, init=False)

    async def work(self) -> None:
        """Until cancelled; a try that has begun is finished first, since it belongs into the ledger."""
        try:
            for slot in self.slots:
                who = Appointment(self.citizen, slot.number, self.opened + slot.due, self.timeout)
                await asyncio.sleep(who.due - asyncio.get_running_loop().time())
                if asyncio.get_running_loop().time() - who.due > _LATE * self.timeout:
                    self.desk.miss(who)
                    continue
                await self._uncancelled(self._attend(who))
        finally:
            self._let_go()

    async def _attend(self, who: Appointment) -> None:
        site = self.desk.site
        if self._held is not None and (self._held[0] != site or self.citizen % 2 == 0):
            self._let_go()
        counter = self._held[1] if self._held is not None else None
        _, counter = await self.desk.attend(who, site, counter)
        self._held = (site, counter) if counter is not None else None

    async def _uncancelled(self, trying: Coroutine[Any, Any, None]) -> None:
        visit = asyncio.ensure_future(trying)
        try:
            await asyncio.shield(visit)
        except asyncio.CancelledError:
            await visit
            raise

    def _let_go(self) -> None:
        if self._held is not None:
            self._held[1].hang_up()
            self._held = None
