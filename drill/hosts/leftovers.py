"""What a killed run left on this machine, and removing it. Nothing without a run's mark is ever touched."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from drill.errors import CannotRun
from drill.hosts import engine, segments
from drill.hosts.inhabitants import belongs
from drill.hosts.mark import (
    FOLDER_PREFIX,
    MARK_FILE,
    Mark,
    begun_at,
    doors_folder,
    doors_parent,
    is_run_id,
    read_mark,
    work_parent,
)

_FOLDERS = {"folder": "the embedded sites' disks", "doors": "the way in for psql"}
_KILL_PATIENCE = 10.0  # seconds until killed processes must be gone


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing of a run that is still there."""

    run_id: str
    kind: str  # process | container | volume | network | folder | doors
    name: str  # the pid, the engine's name, the path
    says: str = ""  # what it is, for a person
    mark: Mark | None = None


def find(run_id: str | None = None, *, force: bool = False, older_than: timedelta | None = None) -> list[Leftover]:
    """What runs left whose own process is dead; with a run named and `force`, also of a run that seems to live."""
    folders = {folder.name.removeprefix(FOLDER_PREFIX): folder for folder in _folders(work_parent())}
    doors = _folder_leftovers(_folders(doors_parent()), "doors")
    seen = [*_processes(folders), *_engine_objects(None), *_folder_leftovers(folders.values()), *doors]
    living = {each.run_id for each in seen if each.mark is not None and each.mark.owner_lives()}
    marked = {each.run_id for each in seen if each.mark is not None}
    dead = [each for each in seen if each.run_id not in living and (each.run_id in marked or _orphaned(each))]
    chosen = [each for each in seen if each.run_id == run_id] if force and run_id is not None else dead
    limit = datetime.now(UTC) - (older_than or timedelta(0))
    return [each for each in chosen if run_id in (None, each.run_id) and begun_at(each.run_id) <= limit]


def of_run(run_id: str, work: Path | None, docker: bool) -> list[Leftover]:
    """What is there of one run, whether its process lives or not: for the run itself and for its watchdog."""
    known = {run_id: work.parent.resolve() / work.name} if work else {}
    folders = [*_folder_leftovers(known.values()), *_folder_leftovers([doors_folder(run_id)], "doors")]
    seen = [*_processes(known), *(_engine_objects(run_id) if docker else ()), *folders]
    return [each for each in seen if each.run_id == run_id]


def remove(leftovers: Sequence[Leftover]) -> list[str]:
    """Remove these: processes first, then what the engine holds, then folders. One line for each thing that stayed."""
    stayed = _kill([each for each in leftovers if each.kind == "process"], _paths(leftovers))
    held = [
        engine.Marked(each.kind, each.name, each.mark) for each in leftovers if each.mark and each.kind in engine.KINDS
    ]
    if held:
        try:
            with closing(engine.connect()) as client:
                stayed += engine.discard(client, held)
        except CannotRun as silent:
            stayed += [f"{each.kind} {each.name}: {silent}" for each in held]
    for each in leftovers:
        if each.kind in _FOLDERS:
            stayed += _remove_folder(Path(each.name))
    return stayed


def _paths(leftovers: Iterable[Leftover]) -> dict[str, Path]:
    return {each.run_id: Path(each.name) for each in leftovers if each.kind == "folder"}


# -- folders ----------------------------------------------------------------------------------------------------------


def _folders(parent: Path) -> Iterator[Path]:
    """The work folders below a parent that surely are a drill's."""
    try:
        entries = sorted(parent.resolve().glob(f"{FOLDER_PREFIX}*"))
    except OSError:
        return
    yield from (entry for entry in entries if read_mark(entry) is not None)


def _folder_leftovers(folders: Iterable[Path], kind: str = "folder") -> Iterator[Leftover]:
    for folder in folders:
        if (mark := read_mark(folder)) is not None:
            yield Leftover(mark.run_id, kind, str(folder), _FOLDERS[kind], mark)


def _remove_folder(folder: Path) -> list[str]:
    """The mark goes last, so that a removal which was broken off can be taken up again."""
    if read_mark(folder) is None:
        return [] if not folder.exists() else [f"folder {folder}: it does not carry a run's mark"]
    try:
        segments.release(folder)
        for entry in sorted(folder.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                _open_up(entry)
                shutil.rmtree(entry)
            elif entry.name != MARK_FILE:
                entry.unlink()
        (folder / MARK_FILE).unlink()
        folder.rmdir()
    except FileNotFoundError:  # somebody else removes it too
        return [f"folder {folder}: not empty"] if folder.exists() else []
    except OSError as failed:
        return [f"folder {folder}: {failed}"]
    return []


def _open_up(folder: Path) -> None:
    """A folder in which nothing may be made, as one of tablespaces while a copy replays, can also not be emptied."""
    for each, _, _ in os.walk(folder):
        if not os.access(each, os.W_OK):
            Path(each).chmod(0o700)


# -- the engine -------------------------------------------------------------------------------------------------------


def _engine_objects(run_id: str | None) -> Iterator[Leftover]:
    """Nothing where no local engine answers: no drill can have put anything there."""
    try:
        client = engine.connect()
    except CannotRun:
        return
    with closing(client):
        for each in engine.marked(client, run_id):
            yield Leftover(each.mark.run_id, each.kind, each.name, "of a container site", each.mark)


# -- processes --------------------------------------------------------------------------------------------------------


def _processes(folders: Mapping[str, Path]) -> Iterator[Leftover]:
    """Processes of runs: those that carry a run id as an argument, and those that work below one of the folders."""
    for process in psutil.process_iter(["cmdline", "cwd", "exe", "status"], ad_value=None):
        if process.pid == os.getpid() or process.info["status"] == psutil.STATUS_ZOMBIE:
            continue
        run_id = _named_run(process.info["cmdline"] or []) or _run_below(process, folders)
        if run_id is not None:
            yield Leftover(run_id, "process", str(process.pid), " ".join(process.info["cmdline"] or [])[:60])


def _named_run(words: Sequence[str]) -> str | None:
    """The run of a process of the drill's own, started as `python -m drill.… <run id>`."""
    for option, module, run_id in zip(words, words[1:], words[2:], strict=False):
        if option == "-m" and module.startswith("drill.") and is_run_id(run_id):
            return run_id
    return None


def _run_below(process: psutil.Process, folders: Mapping[str, Path]) -> str | None:
    return next((run_id for run_id, folder in folders.items() if belongs(process, folder)), None)


def _orphaned(each: Leftover) -> bool:
    """A process of a run of which nothing else is left: whether the drill that started it has died.

    A child of the drill runs the same interpreter as its parent; an orphan is adopted by something else.
    """
    try:
        process = psutil.Process(int(each.name))
        parent = process.parent()
        return parent is None or parent.exe() != process.exe()
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False


def _kill(processes: Collection[Leftover], folders: Mapping[str, Path]) -> list[str]:
    """Kill them, and what they started meanwhile."""
    runs = {each.run_id for each in processes}
    ends = time.monotonic() + _KILL_PATIENCE
    left = list(processes)
    while left:
        for each in left:
            try:
                psutil.Process(int(each.name)).kill()
            except psutil.Error:
                continue
        time.sleep(0.02)
        left = [each for each in _processes(folders) if each.run_id in runs]
        if left and time.monotonic() > ends:
            return [f"process {each.name}: {each.says}" for each in left]
    return []
