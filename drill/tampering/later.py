"""What came into the folder of a run after it was closed: reports that somebody signed, and files that nobody did."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drill.chain import first_break, whole_lines
from drill.head import REPORTS, Closing, files_of, vouched_for
from drill.signature import PublicKey
from drill.tampering.trace import MET, MISSED, UNKNOWN, Trace, differs
from drill.verdict import Verdict

_Added = tuple[int, dict[str, Any]]  # number of a line, and what it tells


@dataclass(frozen=True)
class Later:
    """A closed folder, its head, and who should have signed."""

    path: Path
    head: Closing
    head_hash: str
    public: PublicKey | None

    def traces(self) -> Iterator[Trace]:
        """Of each report that was added, and of each file that no signature is over."""
        there = dict(files_of(self.path))
        added = yield from self._list()
        for name, (number, line) in added.items():
            yield self._report(there.get(name), name, number, line)
        for name in there.keys() - self.head.files.keys() - added.keys():
            yield Trace(name, None, UNKNOWN, "it was put here after the run was closed, and nobody signed it")

    def _list(self) -> Generator[Trace, None, dict[str, _Added]]:
        """The lines of reports.jsonl by the file that they are of, the last for each; none of a broken list."""
        path = self.path / REPORTS
        lines, torn = whole_lines(path.read_bytes()) if path.exists() else ([], b"")
        if broken := first_break(lines, self.head_hash):
            yield Trace(REPORTS, broken.line, MISSED, broken.says)
            return {}
        if torn:
            yield Trace(REPORTS, len(lines) + 1, UNKNOWN, "the last line is torn")
        return _by_path(lines)

    def _report(self, path: Path | None, name: str, number: int, line: dict[str, Any]) -> Trace:
        verdict, says = self._signature(line)
        if verdict is MISSED:
            return Trace(REPORTS, number, verdict, says)
        if path is None:
            return Trace(name, None, MISSED, f"it was taken away, and was added at {line.get('at')}")
        if differs(path, line.get("sha256")):
            return Trace(name, None, MISSED, f"it was changed after it was added at {line.get('at')}")
        return Trace(name, None, verdict, says)

    def _signature(self, line: dict[str, Any]) -> tuple[Verdict, str]:
        key, added = line.get("key"), f"a report, added by {line.get('by')} at {line.get('at')}"
        if key is None:
            return UNKNOWN, f"{added}; not signed"
        if self.public is None or key != self.public.fingerprint:
            return UNKNOWN, f"{added}; signed by {key}, which is not the key that is known here"
        try:
            made = self.public.made(bytes.fromhex(line["signature"]), vouched_for(line))
        except (LookupError, TypeError, ValueError):
            made = False
        return (MET, added) if made else (MISSED, f"{added}; it was changed: its signature is not of this line")


def _by_path(lines: Sequence[bytes]) -> dict[str, _Added]:
    documents = ((number, json.loads(line)) for number, line in enumerate(lines[1:], 2))
    return {str(each.get("path")): (number, each) for number, each in documents}
