"""When each citizen comes: an open loop, in which nobody waits for somebody else's answer."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Slot:
    """One appointment of one citizen; `number` counts that citizen's appointments from 1."""

    number: int
    due: float  # seconds after the office opened


@dataclass(frozen=True, slots=True)
class Schedule:
    """`per_second` appointments of the whole office, dealt evenly to its registers and within each to its crowd."""

    per_second: float
    registers: int
    timeout: float  # seconds that one appointment may take

    @property
    def crowd(self) -> int:
        """Citizens of one register: so many that each is free again when the next appointment comes."""
        return math.ceil(self.per_second / self.registers * self.timeout) + 1

    def slots(self, register: int, citizen: int) -> Iterator[Slot]:
        """The appointments of one citizen (from 1) of one register (from 0), without end."""
        step = self.registers * self.crowd
        first = (citizen - 1) * self.registers + register
        for turn in range(2**31):
            yield Slot(turn + 1, (first + turn * step) / self.per_second)
