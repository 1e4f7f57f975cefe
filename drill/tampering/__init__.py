"""Was the evidence of a run touched since it was closed? Reads its folder and a public key, and nothing else.

What shows tampering is missed, what nobody can know is unknown, what is as it was signed is met.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import ValidationError

from drill.chain import START, Tip, digest, first_break, whole_lines
from drill.errors import CannotRun, ScenarioError
from drill.head import CHAINED, HEAD, REPORTS, SCHEMA_VERSION, SIGNATURE, Closing, Opening, files_of
from drill.hosts.mark import is_run_id
from drill.signature import PublicKey
from drill.tampering.later import Later
from drill.tampering.past import Past
from drill.tampering.trace import MET, MISSED, UNKNOWN, Trace, differs
from drill.verdict import Verdict

EVENTS, LEDGER = CHAINED
_NO_HEAD = "there is none: the drill still runs, was killed, or is of a version that wrote none"


@dataclass(frozen=True)
class Suspect:
    """A folder that is to be looked at, and what is known beside it."""

    path: Path
    public: PublicKey | None
    demanded: bool = False  # is it this key that must have signed, or only one that is at hand?
    noted: Sequence[str] = ()  # hashes that somebody wrote down when the run began or ended
    heads: Path | None = None  # heads.jsonl, where it does not lie beside the folder

    def traces(self) -> tuple[Trace, ...]:
        """All that is found. ScenarioError for what is no evidence, CannotRun for what cannot be read."""
        if not any((self.path / name).exists() for name in (EVENTS, HEAD, LEDGER)):
            raise ScenarioError(f"{self.path}: no evidence of a drill", hint="give the folder of a run, or its id")
        try:
            return tuple(self._traces())
        except OSError as failed:
            hint = "look at it as somebody who may read all of the folder"
            raise CannotRun(f"{failed.filename or self.path}: {failed.strerror or failed}", hint=hint) from failed

    def _traces(self) -> Iterator[Trace]:
        if self.head is None:
            yield Trace(HEAD, None, *self._headless())
            yield from self._unclosed_chains()
        else:
            yield from self._closed(self.head)
        yield from self._past()
        yield from self._as_noted()

    def _past(self) -> Iterator[Trace]:
        if self.opening is not None and self.opening_hash is not None:
            name = self.path.name
            if is_run_id(name) and name != self.opening.run_id:
                yield Trace(EVENTS, 1, MISSED, f"the run was replaced: this is {self.opening.run_id}, and not {name}")
            closed = None if self.head is None else (self.head, self.head_hash or "")
            yield from Past(self.path, (self.opening, self.opening_hash), closed).traces(self.heads)

    # -- what lies there -----------------------------------------------------------------------------------------------

    @cached_property
    def _head_bytes(self) -> bytes | None:
        path = self.path / HEAD
        return path.read_bytes() if path.exists() else None

    @property
    def head_hash(self) -> str | None:
        """Of head.json as it lies there."""
        return None if self._head_bytes is None else digest(self._head_bytes)

    @cached_property
    def head(self) -> Closing | None:
        """What head.json tells; None where there is none, or it tells nothing."""
        try:
            return None if self._head_bytes is None else Closing.model_validate(json.loads(self._head_bytes))
        except (ValueError, ValidationError, RecursionError):
            return None

    @cached_property
    def opening(self) -> Opening | None:
        """What the first line of the events tells; None where it tells nothing."""
        lines = self._lines(EVENTS)[0]
        try:
            return Opening.model_validate(json.loads(lines[0])) if lines else None
        except (ValueError, ValidationError, RecursionError):
            return None

    @property
    def opening_hash(self) -> str | None:
        """Of the first line of the events as it lies there."""
        lines = self._lines(EVENTS)[0]
        return digest(lines[0]) if lines and self.opening is not None else None

    @property
    def run_id(self) -> str | None:
        """As its head names it, else its opening."""
        told = self.head or self.opening
        return None if told is None else told.run_id

    def _lines(self, name: str) -> tuple[list[bytes], bytes]:
        path = self.path / name
        return whole_lines(path.read_bytes()) if path.exists() else ([], b"")

    # -- a folder that was never closed --------------------------------------------------------------------------------

    def _headless(self) -> tuple[Verdict, str]:
        if self._head_bytes is not None:
            return MISSED, "it was changed: it is no head of a run"
        if (self.path / REPORTS).exists():
            return MISSED, f"it was taken away: {REPORTS} goes on from it"
        return UNKNOWN, _NO_HEAD

    def _unclosed_chains(self) -> Iterator[Trace]:
        for name in CHAINED:
            lines, torn = self._lines(name)
            if not lines:
                yield Trace(name, None, UNKNOWN, "it is missing or empty")
            elif not _chained(lines[0]):
                yield Trace(name, 1, UNKNOWN, "it is not chained: of an older version, or its chain was taken away")
            elif broken := first_break(lines, self._before(name)):
                yield Trace(name, broken.line, MISSED, broken.says)
            else:
                end = ", and one that is torn" if torn else ""
                yield Trace(name, None, UNKNOWN, f"{len(lines)} lines hold together{end}; nobody vouches for their end")

    def _before(self, name: str) -> str:
        return START if name == EVENTS or self.opening_hash is None else self.opening_hash

    # -- a folder that was closed --------------------------------------------------------------------------------------

    def _closed(self, head: Closing) -> Iterator[Trace]:
        verdict, says = self._signature(head)
        yield Trace(SIGNATURE, None, verdict, says)
        if head.schema_version > SCHEMA_VERSION:
            hint = "verify it with the version of drill that wrote it, or a newer one"
            raise CannotRun(f"{self.path / HEAD}: schema_version {head.schema_version}", hint=hint)
        chains = [self._chain(head, name) for name in CHAINED]
        yield from chains
        if chains[0].verdict is MET:
            yield from self._opened(head)
        yield from self._files(head)
        yield from Later(self.path, head, self.head_hash or "", self.public).traces()

    def _signature(self, head: Closing) -> tuple[Verdict, str]:
        path = self.path / SIGNATURE
        if not path.exists():
            if head.key is not None or (self.opening is not None and self.opening.key is not None):
                return MISSED, "the signature was taken away"
            return UNKNOWN, "the run was not signed: whoever could write here could change everything"
        if self.public is None:
            return UNKNOWN, f"signed by {head.key}; without its public key nobody knows: --public-key FILE"
        if self.public.made(path.read_bytes(), self._head_bytes or b""):
            return MET, f"{HEAD} is as {head.by} signed it at {head.at} with {self.public.fingerprint}"
        if head.key == self.public.fingerprint:
            return MISSED, f"{HEAD} or its signature was changed: they do not belong together"
        says = f"signed by {head.key}, and not by {self.public.fingerprint}"
        return (MISSED, says) if self.demanded else (UNKNOWN, f"{says}: name its public key with --public-key")

    def _chain(self, head: Closing, name: str) -> Trace:
        lines, torn = self._lines(name)
        length = head.chains.get(name)
        tip = Tip() if length is None else length.tip
        if not (self.path / name).exists():
            verdict = MISSED if name in head.files else MET
            return Trace(name, None, verdict, "it was taken away" if verdict is MISSED else "the run wrote none")
        if broken := first_break(lines, START if name == EVENTS else head.opening, tip):
            return Trace(name, broken.line, MISSED, broken.says)
        if differs(self.path / name, head.files.get(name)):
            says = "it was changed after its last whole line" if torn else "it is not the file that was signed"
            return Trace(name, tip.count + 1, MISSED, says)
        return Trace(name, None, MET, f"a chain of {len(lines)} lines, to its end")

    def _opened(self, head: Closing) -> Iterator[Trace]:
        """Head and opening are of one run."""
        opening, scenario = self.opening, head.files.get("scenario.yaml")
        if opening is None or self.opening_hash != head.opening or opening.run_id != head.run_id:
            yield Trace(EVENTS, 1, MISSED, "it does not open the run of this head")
        elif opening.scenario != scenario:
            yield Trace("scenario.yaml", None, MISSED, "it is not the scenario with which the run was opened")
        elif opening.key != head.key:
            yield Trace(HEAD, None, MISSED, f"the key was swapped: the run was opened with {opening.key or 'none'}")

    def _files(self, head: Closing) -> Iterator[Trace]:
        there, well = dict(files_of(self.path)), 0
        for name, expected in head.files.items():
            if name in CHAINED:
                continue  # told line by line
            if name not in there:
                yield Trace(name, None, MISSED, "it was taken away")
            elif differs(there[name], expected):
                yield Trace(name, None, MISSED, "it was changed")
            else:
                well += 1
        yield Trace("files", None, MET, f"{well} more are as they were when the run was closed")

    def _as_noted(self) -> Iterator[Trace]:
        for each in self.noted:
            if each in (self.opening_hash, self.head_hash):
                yield Trace("noted", None, MET, f"{each} is of this run")
            else:
                says = f"{each} is neither the opening nor the head of this run: it was replaced, or is another"
                yield Trace("noted", None, MISSED, says)


def _chained(line: bytes) -> bool:
    return b'"chain"' in line
