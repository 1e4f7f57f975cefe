"""Every transaction that a citizen tried, kept apart from both sites."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from drill.digest import Digest

Key = tuple[str, int, int]  # register, citizen, number
Change = Mapping[str, Digest]  # by table: the hash of new rows minus that of old ones


class Outcome(StrEnum):
    """How a try ended, as the citizen saw it."""

    ACKED = "acked"  # the command tag was literally COMMIT, in time
    WEAK = "weak"  # COMMIT in time but with a warning: home kept it, the embassy perhaps did not
    IN_DOUBT = "in doubt"  # COMMIT was sent and no answer came in time: kept and lost are both legal
    FAILED = "failed"  # refused, rolled back, or COMMIT was never sent
    NOT_TRIED = "not tried"  # the drill itself was late for its slot


SILENCE = "no answer in time"  # what an entry says when nobody answered while the citizen had patience
BEGUN = "after BEGIN was answered: "  # how an entry's words begin when somebody had answered already
PROMISED = frozenset({Outcome.ACKED, Outcome.WEAK})  # what a citizen may rely on


class Errand(StrEnum):
    """Why a transaction is tried."""

    WORK = "work"  # a citizen's scheduled business: the only kind that says served, restored or disturbed
    GATE = "gate"  # the write and read-back of the integrity gate
    STALE = "stale"  # somebody who never heard of the embassy tries home behind the fence


@dataclass(frozen=True, slots=True)
class Entry:
    """One slot of a citizen's schedule. Times are seconds on the drill's clock."""

    register: str
    citizen: int
    number: int  # counts up for each citizen, so that a hole shows
    site: str  # home | embassy: where it was sent
    due: float
    sent: float  # when COMMIT was sent; when COMMIT never was: when the try began
    ended: float
    outcome: Outcome
    change: Change = field(default_factory=dict)  # as the citizen was told it
    errand: Errand = Errand.WORK
    says: str = ""  # what was answered, when it was not a plain COMMIT
    strain: float | None = None  # of a try without an answer: seconds of it in which this machine made programs wait

    @property
    def key(self) -> Key:
        return self.register, self.citizen, self.number


@dataclass(frozen=True, slots=True)
class Receipt:
    """What one transaction left in its register."""

    key: Key
    change: Change
