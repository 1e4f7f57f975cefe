"""One transaction of one citizen at one register, and how it ended."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from drill.citizens.counter import Answer, Counter, Late, OutOfPatience, Refused
from drill.digest import Digest
from drill.ledger import BEGUN, Change, Outcome


@dataclass(frozen=True, slots=True)
class Business:
    """What a citizen came for: one statement that does the work and returns the receipt it leaves."""

    statement: str
    parameters: Sequence[str]


@dataclass(frozen=True, slots=True)
class Ending:
    """How it went. `commit_sent` is an instant of the event loop; None when COMMIT never was sent."""

    outcome: Outcome
    commit_sent: float | None
    change: Change
    says: str


async def visit(counter: Counter, business: Business, deadline: float) -> Ending:
    """Do the business in a transaction of its own; never raises for what the server or the network does."""
    change: Change = {}
    try:
        await counter.ask("begin", deadline=deadline)
    except (Refused, OutOfPatience) as failed:
        return unfinished(failed)
    try:
        change = _told(await counter.ask(business.statement, business.parameters, deadline=deadline))
        counter.send("commit")
    except (Refused, OutOfPatience) as failed:
        return unfinished(failed, BEGUN)
    sent = asyncio.get_running_loop().time()
    try:
        answer = await counter.answer(deadline)
    except (Refused, OutOfPatience) as silent:  # also an error: the commit record may have been written before it
        return Ending(Outcome.IN_DOUBT, sent, change, str(silent))
    return Ending(outcome_of(answer), sent, change, "; ".join(answer.warnings))


def unfinished(failed: Refused | OutOfPatience, when: str = "") -> Ending:
    """COMMIT never was sent: the register's failure, or the drill's own."""
    return Ending(Outcome.NOT_TRIED if isinstance(failed, Late) else Outcome.FAILED, None, {}, f"{when}{failed}")


def outcome_of(answer: Answer) -> Outcome:
    """An acknowledgement is the tag COMMIT and no warning: a failed transaction is answered ROLLBACK, with no error."""
    if answer.tag != "COMMIT":
        return Outcome.FAILED
    return Outcome.WEAK if answer.warnings else Outcome.ACKED


def _told(answer: Answer) -> Change:
    change: dict[str, Digest] = {}
    for relation, rows, one, two in answer.rows:
        change[relation] = change.get(relation, Digest()) + Digest.read(rows, one, two)
    return change
