"""What can be done to a copy, as data: how, what proves that it was done and harms, and what must be said of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from drill.verdict import Verdict
from drill.verified import COPY, Verified
from tests.sabotage.copies import BANK, Copy, Kind
from tests.sabotage.restored import Restored

Act = Callable[[Copy], None]
Proof = Callable[[Copy, Restored], str]  # "" where it is proven, else what was seen instead

EXIT: Mapping[Verdict, int] = {Verdict.MET: 0, Verdict.MISSED: 1, Verdict.UNKNOWN: 3}


@dataclass(frozen=True)
class Reason:
    """Why: the check that must say so, and its words, as a regular expression."""

    check: str
    says: str
    register: str = BANK
    verdict: Verdict = Verdict.MISSED

    def found(self, verified: Verified) -> str | None:
        """What the check said, where that is the reason."""
        for each in verified.findings:
            mine = (each.register, each.check, each.verdict) == (self.register, self.check, self.verdict)
            if mine and re.search(self.says, each.actual):
                return each.actual
        return None

    def told(self, verified: Verified) -> str:
        """As the page tells it."""
        return f"{self.verdict}: {self.check}: {self.found(verified)}"


@dataclass(frozen=True)
class Damage:
    """One way to damage a copy of one kind; of a difference that harms nobody `due` is empty, and the verdict met."""

    name: str
    of: Kind
    done: Act
    proof: Proof
    due: tuple[Reason, ...] = ()
    sample: bool = False  # whether it is tried whenever the tests are

    @property
    def verdict(self) -> Verdict:
        """Over all of it."""
        return Verdict.of(reason.verdict for reason in self.due) if self.due else Verdict.MET


def missed(check: str, says: str, register: str = BANK) -> Reason:
    return Reason(check, says, register)


def unknown(check: str, says: str, register: str = BANK) -> Reason:
    return Reason(check, says, register, Verdict.UNKNOWN)


def of_copy(check: str, says: str) -> Reason:
    """Of all of it."""
    return Reason(check, says, COPY)


def doubt_of_copy(check: str, says: str) -> Reason:
    return Reason(check, says, COPY, Verdict.UNKNOWN)


# -- proofs ------------------------------------------------------------------------------------------------------------


def holds(query: str, database: str = "") -> Proof:
    """Where the copy comes up, this is true in it; settings may stand before it."""

    def proof(_: Copy, restored: Restored) -> str:
        answer = restored.ask(query, database) if restored.came_up else f"it did not come up: {restored.said}"
        return "" if answer is True else f"{query}: {answer}"

    return proof


def fails(query: str, says: str) -> Proof:
    """Where the copy comes up, the server refuses this with these words."""

    def proof(_: Copy, restored: Restored) -> str:
        answer = str(restored.ask(query)) if restored.came_up else f"it did not come up: {restored.said}"
        return "" if re.search(says, answer) else f"{query}: {answer}"

    return proof


def never_comes_up(says: str) -> Proof:
    """By any of the tools: it neither starts nor loads without these words."""

    def proof(_: Copy, restored: Restored) -> str:
        said = restored.said.get("start", "")
        return "" if re.search(says, said) else f"it said {said!r}"

    return proof


def shows(seen: Callable[[Copy], bool]) -> Proof:
    """In its files."""

    def proof(copy: Copy, _: Restored) -> str:
        return "" if seen(copy) else "not in its files"

    return proof
