"""One thing that was seen when evidence was looked at."""

from dataclasses import dataclass
from pathlib import Path

from drill.dumpfile import sha256
from drill.verdict import Verdict

MET, MISSED, UNKNOWN = Verdict.MET, Verdict.MISSED, Verdict.UNKNOWN


@dataclass(frozen=True, slots=True)
class Trace:
    """Where, and what: met as it was signed, missed where it was tampered with, unknown where nobody can say.

    Without a verdict it is only told: nothing was asked about it.
    """

    file: str
    line: int | None
    verdict: Verdict | None
    says: str


def differs(path: Path, expected: str | None) -> bool:
    """Whether a file is not the one with this SHA-256; a link never is."""
    return path.is_symlink() or not path.is_file() or sha256(path) != expected
