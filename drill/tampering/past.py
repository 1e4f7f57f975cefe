"""Is the history of the runs folder the one in which this run was played?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from drill.chain import first_break, whole_lines
from drill.errors import ScenarioError
from drill.head import HEAD, Closing, Opening, head_hash
from drill.heads import HEADS, Before, Line, told_by
from drill.tampering.trace import MET, MISSED, UNKNOWN, Trace


@dataclass(frozen=True)
class Past:
    """A run, as it tells when it began and ended: each document with its hash."""

    path: Path
    opened: tuple[Opening, str]
    closed: tuple[Closing, str] | None

    def traces(self, named: Path | None) -> Iterator[Trace]:
        """What the history shows: the file that is named, else the one beside the folder, if there is one."""
        file = named or self.path.absolute().parent / HEADS
        if file.is_file():
            yield from self._compared(file)
        elif named is not None:
            raise ScenarioError(f"{named}: no such file", hint=f"a history is the {HEADS} of a runs folder")
        elif others := self._others(file.parent):
            yield Trace(HEADS, None, UNKNOWN, f"it is missing beside {others} other runs: earlier runs may be too")
        else:
            before = self.opened[0].before
            says = f"not beside this folder, so not compared; line {before.count} of it was {before.last}"
            yield Trace(HEADS, None, None, says)

    def _others(self, runs: Path) -> int:
        """Other runs that lie there as a drill left them."""
        heads = (each for each in runs.glob(f"*/{HEAD}") if each.parent.name != self.opened[0].run_id)
        return sum(f'"run_id": "{each.parent.name}"'.encode() in each.read_bytes() for each in heads)

    def _compared(self, file: Path) -> Iterator[Trace]:
        lines, torn = whole_lines(file.read_bytes())
        if broken := first_break(lines):
            yield Trace(HEADS, broken.line, MISSED, broken.says)
            return
        if torn:
            yield Trace(HEADS, len(lines) + 1, UNKNOWN, "the last line is torn")
        found = [*self._known(lines), *self._earlier(file.parent, lines)]
        yield from found
        if not found:
            runs = sum(line is not None and line.what == "opened" for line in map(told_by, lines))
            says = f"a chain over {runs} runs, this one among them; {runs - len(_closed(lines))} were never closed"
            yield Trace(HEADS, None, MET, says)

    def _known(self, lines: list[bytes]) -> Iterator[Trace]:
        """The run stands in this history where it says."""
        opening, opening_hash = self.opened
        yield from _fits(lines, opening.before, Line(what="opened", run_id=opening.run_id, hash=opening_hash))
        if self.closed is not None:
            head, hash_ = self.closed
            yield from _fits(lines, head.before, Line(what="closed", run_id=opening.run_id, hash=hash_))
        elif told := [each.hash for each in _closed(lines) if each.run_id == opening.run_id]:
            yield Trace(HEAD, None, MISSED, f"it was taken away: {HEADS} knows it as {told[-1]}")

    def _earlier(self, runs: Path, lines: list[bytes]) -> Iterator[Trace]:
        """The heads of earlier runs that still lie there are those of this history."""
        for line in _closed(lines[: self.opened[0].before.count]):
            folder = runs / Path(line.run_id).name
            # runs may be removed to make room: the history remembers them
            if folder.is_dir() and head_hash(folder) != line.hash:
                yield Trace(f"{line.run_id}/{HEAD}", None, MISSED, "an earlier run was replaced, or lost its head")


def _closed(lines: list[bytes]) -> list[Line]:
    return [told for told in map(told_by, lines) if told is not None and told.what == "closed"]


def _fits(lines: list[bytes], before: Before, then: Line) -> Iterator[Trace]:
    """The history was so long before a line, and then that line came."""
    if len(lines) < before.count or Before.of(lines[: before.count]) != before:
        says = f"the history was replaced: when the run was {then.what} its line {before.count} was {before.last}"
        yield Trace(HEADS, min(before.count, len(lines)) or 1, MISSED, says)
    elif len(lines) == before.count:
        says = f"it ends before this run was {then.what}: its tail was cut off, or the drill was killed in that moment"
        yield Trace(HEADS, before.count + 1, UNKNOWN, says)
    elif told_by(lines[before.count]) != then:
        says = f"the history was replaced: it does not tell here that this run was {then.what}"
        yield Trace(HEADS, before.count + 1, MISSED, says)
