"""What closes the evidence of a run: head.json, with the hash of everything that the run left, and its signature.

opened at the start  the first line of events.jsonl: scenario, history, key, and a nonce; its hash is printed
closed at the end    head.json and, where there is a key, head.json.sig; the hash of head.json is printed
covered afterwards   reports.jsonl: reports that were written into the folder later, each line signed
"""

from __future__ import annotations

import json
import os
import pwd
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel

import drill
from drill import heads
from drill.chain import Tip, digest, whole_lines
from drill.chainfile import held
from drill.dumpfile import sha256
from drill.errors import unwritable
from drill.folder import Folder
from drill.heads import Before
from drill.signature import Signer

HEAD, SIGNATURE, REPORTS = "head.json", "head.json.sig", "reports.jsonl"
CHAINED = ("events.jsonl", "ledger.jsonl")
SCHEMA_VERSION = 1


class Opening(BaseModel, frozen=True):
    """What the first line of the events tells of the run that begins."""

    run_id: str
    scenario: str  # SHA-256 of its text
    before: Before  # what heads.jsonl told then
    nonce: str
    key: str | None  # fingerprint of the public key, where the head is to be signed
    by: str
    at: str


class Length(BaseModel, frozen=True):
    """Of a chain: its lines, and the hash of the last."""

    count: int
    last: str

    @property
    def tip(self) -> Tip:
        """The same, as chains are compared."""
        return Tip(self.count, self.last)


class Closing(BaseModel, frozen=True):
    """What head.json tells."""

    schema_version: int
    kind: Literal["head"]
    run_id: str
    opening: str
    chains: Mapping[str, Length]
    files: Mapping[str, str]  # path in the folder -> SHA-256
    before: Before  # what heads.jsonl told then
    key: str | None
    by: str
    at: str
    drill_version: str


@dataclass
class Head:
    """The evidence of one run from its opening to its closing."""

    folder: Folder
    runs: Path
    opening: Opening
    signer: Signer | None
    hash: str | None = None  # once it is closed

    @classmethod
    def opened(cls, runs: Path, run_id: str, scenario: str, signer: Signer | None) -> Self:
        """A new folder whose chain begins with what was known before. CannotRun where it cannot be written."""
        folder = Folder.create(runs, run_id, scenario)
        with heads.written(runs) as history:
            opening = Opening(
                run_id=run_id,
                scenario=sha256(folder.path / "scenario.yaml"),
                before=history.before,
                nonce=secrets.token_hex(16),
                key=None if signer is None else signer.public.fingerprint,
                by=_user(),
                at=_now(),
            )
            folder = folder.opened(opening.model_dump())
            history.add(heads.Line(what="opened", run_id=run_id, hash=folder.opening))
        return cls(folder, runs, opening, signer)

    def close(self) -> None:
        """Write the head over all that lies in the folder now, and sign it. CannotRun where that cannot be written."""
        try:
            files, chains = dict(_hashes(self.folder.path)), dict(_lengths(self.folder.path))
        except OSError as gone:
            raise unwritable(self.folder.path, gone) from gone
        with heads.written(self.runs) as history:
            content = self._closing(files, chains, history.before)
            if self.signer is not None:
                _write(self.folder.path / SIGNATURE, self.signer.sign(content))
            _write(self.folder.path / HEAD, content)
            self.hash = digest(content)
            history.add(heads.Line(what="closed", run_id=self.opening.run_id, hash=self.hash))

    def _closing(self, files: Mapping[str, str], chains: Mapping[str, Length], before: Before) -> bytes:
        closing = Closing(
            schema_version=SCHEMA_VERSION,
            kind="head",
            opening=self.folder.opening,
            chains=chains,
            files=files,
            before=before,
            **self.opening.model_dump(include={"run_id", "key", "by"}),
            at=_now(),
            drill_version=drill.__version__,
        )
        return (json.dumps(closing.model_dump(), indent=1) + "\n").encode("ascii")

    def told(self) -> str:
        """For the person who notes it down: the hash of the head, and who signed it."""
        if self.hash is None:
            return "head      none: the evidence is unfinished"
        signed = f"signed    by {self.opening.key}" if self.signer else "unsigned: `drill keys new` makes a key"
        return f"head      {self.hash}\n{signed}"


def head_hash(folder: Path) -> str | None:
    """The hash of a run's head; None where it has none."""
    return sha256(folder / HEAD) if (folder / HEAD).is_file() else None


def cover(folder: Path, report: Path, signer: Signer | None) -> bool:
    """Add a report that lies in a run's folder to what is signed there; to be called after it was written.

    False, and nothing is done, where it lies elsewhere or the run has no head. CannotRun where it cannot be written.
    """
    head, place = head_hash(folder), report.resolve()
    if head is None or not place.is_relative_to(folder.resolve()):
        return False
    header = {"schema_version": SCHEMA_VERSION, "kind": "reports", "chain": "sha256"}
    name, content = place.relative_to(folder.resolve()).as_posix(), sha256(place)
    with held(folder / REPORTS, header, head) as file:
        tip = file.tip
        document: dict[str, object] = {
            "path": name,
            "sha256": content,
            "key": None if signer is None else signer.public.fingerprint,
            "by": _user(),
            "at": _now(),
        }
        vouched = vouched_for({**document, "n": tip.count + 1, "prev": tip.last})
        file.add({**document, "signature": None if signer is None else signer.sign(vouched).hex()})
    return True


def vouched_for(line: Mapping[str, object]) -> bytes:
    """What the signature in a line of reports.jsonl is over: the line without it, its keys in order."""
    return json.dumps({key: line[key] for key in sorted(line) if key != "signature"}).encode("ascii")


def files_of(folder: Path) -> Iterator[tuple[str, Path]]:
    """All that lies in a run's folder, but for the head and what is written after it: path in the folder, and path."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if name not in (HEAD, SIGNATURE, REPORTS) and (path.is_symlink() or not path.is_dir()):
            yield name, path


def _hashes(folder: Path) -> Iterator[tuple[str, str]]:
    for name, path in files_of(folder):
        if path.is_file() and not path.is_symlink():
            yield name, sha256(path)


def _lengths(folder: Path) -> Iterator[tuple[str, Length]]:
    for name in CHAINED:
        path = folder / name
        tip = Tip.of(whole_lines(path.read_bytes())[0]) if path.exists() else Tip()
        yield name, Length(count=tip.count, last=tip.last)


def _write(path: Path, content: bytes) -> None:
    """Whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError as failed:
        raise unwritable(path, failed) from failed


def _user() -> str:
    """The name of whoever runs this, by the system and not by the environment."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
