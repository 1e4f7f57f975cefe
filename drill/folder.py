"""The folder that a drill leaves: written as things happen, read back whole.

scenario.yaml   the scenario's text
events.jsonl    a header, then one event a line, as it happens
ledger.jsonl    a header, then one entry a line, as it happens
seals.json holdings.json result.json logs/
meta.yaml       what people told of the drill, where they did

The lines of events and ledger are chained (drill/chain.py). What closes the folder is in drill/head.py.
"""

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_jsonable_python

from drill.chain import START, Tip, first_break, linked, whole_lines
from drill.errors import CannotRun, ScenarioError, unwritable
from drill.evidence import SCHEMA_VERSION, Evidence, Holdings, Seal
from drill.ledger import Entry
from drill.timeline import Event

T = TypeVar("T")

_EVENT = TypeAdapter(Event)
_ENTRY = TypeAdapter(Entry)
_SEALS = TypeAdapter(dict[str, Seal])
_HOLDINGS = TypeAdapter(dict[str, Holdings])


class Lines:
    """One line of JSON for each thing added, on disk (as far as a killed process is concerned) when `add` returns.

    Any thread may add. A write that fails is told once, as CannotRun, and ends the writing: a line after a torn one
    would make the whole file unreadable, and the undoing that follows must not fail for it again.
    """

    def __init__(self, path: Path, header: Mapping[str, object], before: str = START) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._broken = False
        self._tip = Tip(last=before)
        self._file = path.open("xb")
        self._write(header)

    def add(self, thing: object) -> None:
        with self._lock:
            if not self._broken and not self._file.closed:
                self._write(to_jsonable_python(thing, fallback=str))

    def _write(self, document: Mapping[str, object]) -> None:
        line, self._tip = linked(document, self._tip)
        try:
            self._file.write(line + b"\n")
            self._file.flush()
        except OSError as failed:
            self._broken = True
            raise unwritable(self._path, failed) from failed

    def close(self) -> None:
        with self._lock:
            try:
                self._file.close()
            except OSError:
                self._broken = True  # told when it was written

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class Listener(Lines):
    """The events of a timeline, as they are recorded: `Timeline(clock, [folder.listener()])`."""

    def __call__(self, event: Event) -> None:
        self.add(event)


class LedgerFile(Lines):
    """The entries of the ledger, as the citizens' tries end: `ledger.add(entry)` from any thread."""


class Folder:
    """The evidence of one run, on disk. `opening` is what its first event line tells beside its kind."""

    def __init__(self, path: Path, opening: Mapping[str, object] | None = None) -> None:
        self.path = path
        self._opening = opening

    @property
    def opening(self) -> str:
        """The hash of the first line of the events, before and after it is written."""
        return linked(self._header("events"), Tip())[1].last

    def opened(self, opening: Mapping[str, object]) -> Self:
        """The same folder, whose chains begin with this."""
        return type(self)(self.path, opening)

    def _header(self, kind: str) -> dict[str, object]:
        facts = self._opening or {} if kind == "events" else {}
        return {"schema_version": SCHEMA_VERSION, "kind": kind, "chain": "sha256", **facts}

    @classmethod
    def create(cls, runs: Path, run_id: str, scenario: str) -> Self:
        """A new folder below `runs` with the scenario's text; CannotRun when there is one already."""
        folder = cls(runs / run_id)
        try:
            folder.logs.mkdir(parents=True)
            (folder.path / "scenario.yaml").write_text(scenario, encoding="utf-8", errors="surrogateescape")
        except OSError as failed:
            raise unwritable(folder.path, failed) from failed
        return folder

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def listener(self) -> Listener:
        """Opened once for each run."""
        return Listener(self.path / "events.jsonl", self._header("events"))

    def ledger(self) -> LedgerFile:
        """Opened once for each run. Its chain goes on where the first line of the events ends."""
        return LedgerFile(self.path / "ledger.jsonl", self._header("ledger"), self.opening)

    def write_meta(self, content: bytes) -> None:
        """What people tell of the drill, as they wrote it."""
        path = self.path / "meta.yaml"
        try:
            path.write_bytes(content)
        except OSError as failed:
            raise unwritable(path, failed) from failed

    def write_seals(self, seals: Mapping[str, Seal]) -> None:
        self._write("seals", {"seals": dict(seals)})

    def write_holdings(self, holdings: Mapping[str, Holdings]) -> None:
        self._write("holdings", {"holdings": dict(holdings)})

    def write_result(self, run: Mapping[str, object]) -> None:
        """The run as the JSON report tells it."""
        self._write("result", {"run": run})

    def _write(self, name: str, content: Mapping[str, object]) -> None:
        """Whole or not at all: a file that is there can be read."""
        whole, part = self.path / f"{name}.json", self.path / f"{name}.json.part"
        document = {"schema_version": SCHEMA_VERSION, **to_jsonable_python(content, fallback=str)}
        try:
            part.write_text(json.dumps(document) + "\n", encoding="ascii")
            part.replace(whole)
        except OSError as failed:
            raise unwritable(whole, failed) from failed

    def read(self) -> Evidence:
        """The evidence as it was judged in memory. A torn last line and a missing file are noted, never guessed."""
        if not (self.path / "events.jsonl").is_file():
            raise _no_events(self.path / "events.jsonl")
        notes: list[str] = []
        events = self._lines("events", _EVENT, notes)
        ledger = self._lines("ledger", _ENTRY, notes)
        seals = self._document("seals", _SEALS, notes)
        holdings = self._document("holdings", _HOLDINGS, notes)
        try:
            return Evidence.rebuilt(events, ledger, seals=seals, holdings=holdings, notes=tuple(notes))
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            raise _unreadable(f"{self.path / 'events.jsonl'}: cannot be judged: {wrong!r}") from wrong

    def _document(self, name: str, kind: TypeAdapter[dict[str, T]], notes: list[str]) -> dict[str, T]:
        path = self.path / f"{name}.json"
        if not path.exists():
            notes.append(f"{path.name} is missing")
            return {}
        try:
            document = json.loads(path.read_text(encoding="utf-8"))
            _known(document, str(path))
            return kind.validate_python(document[name])
        except (OSError, ValueError, LookupError, TypeError) as wrong:
            raise _unreadable(f"{path}: {_first(wrong)}") from wrong

    def _lines(self, name: str, kind: TypeAdapter[T], notes: list[str]) -> tuple[T, ...]:
        path = self.path / f"{name}.jsonl"
        if not path.exists():
            notes.append(f"{path.name} is missing")
            return ()
        try:
            lines, torn = whole_lines(path.read_bytes())
        except OSError as wrong:
            raise _unreadable(f"{path}: {wrong}") from wrong
        documents = [_parsed(line, f"{path}:{n}") for n, line in enumerate(lines, 1)]
        if torn:
            notes.append(f"the last line of {path.name} is torn and was left out")
        if not documents:
            notes.append(f"{path.name} is empty")
            return ()
        _known(documents[0], f"{path}:1")
        if "chain" not in documents[0]:
            notes.append(f"{path.name} is not chained: it is of an older version, or its chain was taken away")
        elif (broken := first_break(lines, before=None)) is not None:
            raise _unreadable(f"{path}:{broken.line}: {broken.says}")
        return tuple(_typed(kind, document, f"{path}:{n}") for n, document in enumerate(documents[1:], 2))


def _no_events(path: Path) -> ScenarioError:
    if any((path.parent / name).exists() for name in ("head.json", "ledger.jsonl")):
        hint = f"`drill evidence verify {path.parent}` says what was taken; take the folder from where it was kept"
        return ScenarioError(f"{path} is missing", hint=hint)
    return ScenarioError(f"{path.parent}: no evidence of a drill", hint="give the folder of a run, or its id")


def _parsed(line: bytes, where: str) -> Any:
    try:
        return json.loads(line)
    except ValueError as wrong:
        raise _unreadable(f"{where}: this line is no JSON") from wrong


def _typed(kind: TypeAdapter[T], document: object, where: str) -> T:
    try:
        return kind.validate_python(document)
    except ValidationError as wrong:
        raise _unreadable(f"{where}: {_first(wrong)}") from wrong


def _known(document: Any, where: str) -> None:
    """Refuse what a newer version of this program wrote."""
    version = document.get("schema_version") if isinstance(document, dict) else None
    if not isinstance(version, int) or not 1 <= version <= SCHEMA_VERSION:
        raise _unreadable(f"{where}: schema_version {version!r}, and this program reads 1 to {SCHEMA_VERSION}")


def _first(wrong: Exception) -> str:
    if not isinstance(wrong, ValidationError):
        return str(wrong)
    error = wrong.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def _unreadable(message: str) -> CannotRun:
    return CannotRun(message, hint="evidence is never edited: take the folder from where it was kept unchanged")
