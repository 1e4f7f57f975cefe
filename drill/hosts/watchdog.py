"""A child process which outlives a killed drill and removes what carries its run's mark.

Run as `python -m drill.hosts.watchdog RUN_ID`; reads its orders as one JSON line, then waits for the word "done".
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

from drill.hosts.mark import Mark, mark_of

_DONE = b"done\n"
_LOOK = 1.0  # seconds between two looks at the drill's process
_QUIET = 3  # times in a row that nothing is found: the engine may still be making what the dead drill asked for
_PAUSE = 0.5  # seconds between these
_BREATH = 0.1  # and without an engine, where nothing is made any more once the drill is dead
_PATIENCE = 300.0  # seconds after which what still stays is left to `drill clean`
_FAREWELL = 10.0  # seconds for the watchdog to leave when all is well
_SWEEP = 60.0  # seconds that a drill which broke waits for its watchdog; then that goes on alone


@contextmanager
def watched(run_id: str, work: Path | None, docker: bool) -> Iterator[None]:
    """A watchdog over this process: should it die inside, whatever it has made for the run is removed."""
    orders = {"mark": asdict(mark_of(run_id)), "work": str(work) if work else None, "docker": docker}
    path = os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH")]))
    dog = subprocess.Popen(
        [sys.executable, "-P", "-m", "drill.hosts.watchdog", run_id],
        stdin=subprocess.PIPE,
        bufsize=0,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # neither Ctrl-C at the terminal nor a signal to the drill's group reaches it
        cwd="/",
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        _tell(dog, json.dumps(orders).encode() + b"\n")
        yield
    except BaseException:  # it may have broken off an undoing, or the engine's making of something: the dog looks
        _leave(dog, _SWEEP)
        raise
    _tell(dog, _DONE)
    _leave(dog, _FAREWELL)
    dog.kill()
    dog.wait()


def _leave(dog: subprocess.Popen[bytes], patience: float) -> None:
    with suppress(OSError):
        dog.stdin.close()  # type: ignore[union-attr] # it is a pipe
    with suppress(subprocess.TimeoutExpired):
        dog.wait(patience)


def _tell(dog: subprocess.Popen[bytes], line: bytes) -> None:
    with suppress(OSError):  # a watchdog that somebody ended: `drill clean` is left
        dog.stdin.write(line)  # type: ignore[union-attr] # it is a pipe


def main() -> None:
    """Wait for the end of the drill, and clean up after one that did not say it was done."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(each, signal.SIG_IGN)
    line, heard = b"", b""
    while not line:
        got = os.read(0, 65536)
        if not got:
            return  # the drill died before it had made anything
        heard += got
        if b"\n" in heard:
            line, _, heard = heard.partition(b"\n")
    orders = json.loads(line)
    mark = Mark(**orders["mark"])
    if not _says_done(heard, mark):
        _clean(mark.run_id, Path(orders["work"]) if orders["work"] else None, bool(orders["docker"]))


def _says_done(heard: bytes, mark: Mark) -> bool:
    """True at the word "done"; False when the pipe ends without it, or somebody inherited a dead drill's pipe."""
    while not heard.endswith(_DONE):
        if select.select([0], [], [], _LOOK)[0]:
            got = os.read(0, 65536)
            if not got:
                return False
            heard += got
        elif not mark.owner_lives():
            return False
    return True


def _clean(run_id: str, work: Path | None, docker: bool) -> None:
    from drill.hosts import leftovers

    ends, quiet = time.monotonic() + _PATIENCE, 0
    while quiet < _QUIET and time.monotonic() < ends:
        try:
            found = leftovers.of_run(run_id, work, docker)
            leftovers.remove(found)
            quiet = 0 if found else quiet + 1
        except Exception:  # noqa: BLE001 - an engine that answers badly now may answer well in a moment
            quiet = 0
        time.sleep(_PAUSE if docker else _BREATH)
    if work is not None:
        with suppress(OSError):
            work.rmdir()  # made, but not yet marked: removed when it is empty


if __name__ == "__main__":
    main()
