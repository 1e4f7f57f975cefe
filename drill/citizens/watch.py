"""The watch: somebody who asks home for a sign of life over the citizens' path, and knows nothing of any outage."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from drill.citizens.counter import Counter, Login, OutOfPatience, Refused
from drill.errors import CannotRun, NotInTime, StepFailed
from drill.hosts.limits import go_first
from drill.sites.site import WATCH
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site


_LATE = 0.5  # share of a slot by which the watch may be late


class Watch:
    """Tries with a new connection every `every` seconds, each with that as its timeout, in a thread of its own."""

    def __init__(self, home: Site, every: float, misses: int, timeline: Timeline) -> None:
        self._login = Login(home.reached_from("citizens"), "postgres", WATCH, home.keys.password(WATCH))
        self._cable = home.cable
        self._every = every
        self._misses = misses
        self._timeline = timeline
        self._detected = threading.Event()
        self._detected_at = 0.0
        self._calm = threading.Event()  # the last try was answered
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
        self._broken: Exception | None = None

    def begin(self) -> None:
        """Start watching."""
        self._thread.start()

    def end(self) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join(self._every + 10)

    def wait_until_calm(self, deadline: float) -> None:
        """Until the last try was answered: an outage must not begin while somebody already misses home."""
        self._cable.count("citizens-home")  # raises CannotRun where the cable itself has died
        if not self._came(self._calm, deadline):
            raise StepFailed(
                f"the watch has had no answer from home for {deadline:g} s, and nothing was struck yet",
                hint="is this machine overloaded? a longer `detect: {every}` gives home more time",
            )

    def wait_until_detected(self, deadline: float) -> float:
        """The instant (of the drill's clock) of the last of so many misses; NotInTime after `deadline` seconds."""
        if not self._came(self._detected, deadline):
            raise NotInTime(
                f"the watch has not noticed anything within {deadline:g} s",
                hint="this outage cannot be seen over the citizens' path",
            )
        return self._detected_at

    def _came(self, event: threading.Event, deadline: float) -> bool:
        came = event.wait(deadline)
        if self._broken is not None:
            raise CannotRun(
                f"the watch itself broke: {self._broken!r}", hint="this is a bug of drill: please report it"
            )
        return came

    def _run(self) -> None:
        try:
            asyncio.run(self._watch())
        except Exception as broken:  # noqa: BLE001 - told to whoever waits for the watch
            self._broken = broken
            self._calm.set()
            self._detected.set()

    async def _watch(self) -> None:
        go_first()
        loop = asyncio.get_running_loop()
        missed = 0
        begins = loop.time()
        while not self._over.is_set():
            answered = await self._answered(begins + self._every)
            late = loop.time() - begins - self._every > _LATE * self._every
            if answered or not late:  # a miss that the watch itself was too late to see says nothing of home
                missed = 0 if answered else missed + 1
                self._tell(missed)
            begins = max(begins + self._every, loop.time())
            await asyncio.sleep(begins - loop.time())

    def _tell(self, missed: int) -> None:
        if missed:
            self._calm.clear()
        else:
            self._calm.set()
        if missed >= self._misses and not self._detected.is_set():
            self._detected_at = self._timeline.record("watch", "detected", misses=missed).elapsed
            self._detected.set()
        elif missed == 0 and self._detected.is_set():
            self._detected.clear()
            self._timeline.record("watch", "false alarm")

    async def _answered(self, deadline: float) -> bool:
        """One sign of life; when it fails, the whole slot has been waited for."""
        try:
            counter = await Counter.call(self._login, deadline)
            try:
                return (await counter.ask("select 1", deadline=deadline)).rows == (("1",),)
            finally:
                counter.hang_up()
        except OutOfPatience:
            return False
        except Refused:
            await asyncio.sleep(deadline - asyncio.get_running_loop().time())
            return False
