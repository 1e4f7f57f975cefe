"""Whether a measured RTA is right: an outage whose length is known, measured as a drill measures it."""

from __future__ import annotations

import time
from collections.abc import Iterator

from drill.citizens.office import Office
from drill.clock import Clock
from drill.ledger import Entry
from drill.measures import restored_at
from drill.parts import Crowd
from drill.registers import ALL
from drill.sites.site import COURIER
from tests.bench.ground import Ground, filled
from tests.bench.stopwatch import Figure

_REGISTER = "state_gazette"
_RATE = 20.0  # a second
BOUND = 1 / _RATE + 0.05  # seconds: an interval between two tries, and what is left for the drill itself
_LENGTHS = (0.5, 2.0, 5.0, 10.0)  # seconds


def known_outages(rounds: int) -> Iterator[Figure]:
    """By how much the measured length differs from the true one; the bound is a probe interval and 50 ms."""
    with filled(300) as ground:
        second_home(ground)
        for length in _LENGTHS:
            errors = [measured(ground, length) - length for _ in range(rounds)]
            target = f"each within {BOUND:g} s"
            yield Figure(f"error of the RTA of an outage of {length:g} s", errors, target=target)


def second_home(ground: Ground) -> None:
    """The same register at the embassy, open for citizens."""
    ground.embassy.start(ground.embassy.initialise("second"))
    ground.embassy.create_login(COURIER)
    ALL[_REGISTER].fill(ground.embassy, 300, 1)


def measured(ground: Ground, length: float, patience: str = "1s") -> float:
    """Home falls silent; its citizens are sent on at once to where they are served only after so many seconds.

    Those who still have patience then are all let in at the same moment; the first who is answered counts.
    """
    clock, entries, cable = Clock(), list[Entry](), ground.home.cable
    crowd = Crowd(
        {_REGISTER: ALL[_REGISTER]}, {_REGISTER: ground.seals[_REGISTER]}, (ground.home, ground.embassy), 300, 1
    )
    office = Office.model_validate({"per_second": _RATE, "timeout": patience, "stable_for": "1s"})
    with office.at_work(crowd, clock, entries.append) as citizens:
        clock.sleep(1.5)
        cable.cut(ground.embassy.name, "not yet")
        struck = clock.elapsed()
        cable.cut(ground.home.name, "known")
        since = citizens.redirect(_REGISTER, ground.embassy.name)
        time.sleep(max(0.0, struck + length - clock.elapsed()))
        cable.mend(ground.embassy.name, "not yet")
        citizens.wait_until_served([_REGISTER], 30)
        cable.mend(ground.home.name, "known")
        citizens.go_home()
    restored = restored_at([e for e in entries if e.site == ground.embassy.name], since, office.stable_for)
    assert restored is not None
    return restored - struck
