"""A drill that is going to be killed or interrupted, as a process of its own, and every trace of it on this machine."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from drill.clock import wait_until
from drill.hosts.mark import work_parent

ROOT = Path(__file__).parents[1]
ACTS = ("prepare", "calm", "outage", "notice", "recovery", "homecoming", "survey")
SCENARIO = """
name: small
people: 1000
registers: [population, state_gazette]
copies:
  - {name: standby, kind: streaming}
citizens: {per_second: 20, timeout: 1s, stable_for: 1s}
calm: CALM
outage: {kind: power_loss}
response:
  detect: {every: 200ms, misses: 3}
  declare: {by: a test, after: 200ms}
  fence: cut
recovery: {kind: promote, from: standby}
serve: during_gate
objectives: {rto: 60s, rpo: 20s}
"""
_STARTS = 120.0  # seconds for an act to begin on a loaded machine
_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at only

Started = tuple[int, float]  # pid and when it was started


def drill(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command of the program, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "drill", *words],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ended_at(says: str, *words: str, **environment: str) -> tuple[int, str]:
    """A command that is sent Ctrl-C when it has said this: its exit code and all that it said."""
    argv = [sys.executable, "-m", "drill", *words]
    with subprocess.Popen(
        argv, cwd=ROOT, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        said = ""
        while says not in said and (line := process.stderr.readline()):
            said += line
        process.send_signal(signal.SIGINT)
        said += process.stderr.read()
    return process.returncode, said


@dataclass
class Victim:
    """A drill at work; its evidence tells how far it is."""

    process: subprocess.Popen[bytes]
    runs: Path
    said: Path
    parent: Path
    seen: set[Started] = field(default_factory=set)  # every process of it that was ever seen

    @property
    def folder(self) -> Path:
        (folder,) = self.runs.glob("*/")
        return folder

    @property
    def run_id(self) -> str:
        return self.folder.name

    def events(self) -> list[dict[str, Any]]:
        """What is on disk by now; a last line without its end is not yet."""
        try:
            text = (self.folder / "events.jsonl").read_text()
        except (OSError, ValueError):
            return []
        return [json.loads(line) for line in text.splitlines(keepends=True)[1:] if line.endswith("\n")]

    def reach(self, what: str, **facts: str) -> None:
        """Until this event is on disk."""

        def there() -> bool:
            assert self.process.poll() is None, f"ended with {self.process.returncode}: {self.said.read_text()}"
            return any(e["what"] == what and facts.items() <= e["facts"].items() for e in self.events())

        wait_until(f"{what} {facts}", there, deadline=_STARTS, every=0.005, hint=lambda: self.said.read_text())

    def look(self) -> None:
        """Remember the processes that it has now."""
        family = [self.process.pid, *(each.pid for each in psutil.Process(self.process.pid).children(recursive=True))]
        self.seen |= {(pid, psutil.Process(pid).create_time()) for pid in family if psutil.pid_exists(pid)}

    def relatives(self, module: str) -> list[psutil.Process]:
        """The processes of the run that run this module of drill."""
        found = psutil.process_iter(["cmdline"], ad_value=None)
        return [each for each in found if {module, self.run_id} <= set(each.info["cmdline"] or [])]

    def traces(self) -> list[str]:
        """What is left of it anywhere, the evidence apart. Looks for itself: the product's own search is on trial."""
        return [*self._processes(), *self._files(), *self._segments(), *_engine_objects(self.run_id)]

    def made(self) -> bool:
        """Whether a folder or anything of the engine's is there."""
        return any(True for _ in self._files()) or any(True for _ in _engine_objects(self.run_id))

    def gone_within(self, deadline: float) -> None:
        """No trace any more."""
        wait_until("no trace is left", lambda: not self.traces(), deadline=deadline, hint=lambda: str(self.traces()))

    def claims_nothing(self) -> None:
        """Its evidence can be judged, as unknown; only if it was complete before the end came, as what it shows."""
        told = drill("judge", str(self.folder))
        complete = (self.folder / "holdings.json").exists()
        assert told.returncode == 3 or (complete and told.returncode == 0), told.stdout + told.stderr
        assert "Traceback" not in told.stderr

    def _processes(self) -> Iterator[str]:
        for each in psutil.process_iter(["cmdline", "cwd", "exe", "create_time", "status"], ad_value=None):
            words = [*(each.info["cmdline"] or []), each.info["cwd"] or "", each.info["exe"] or ""]
            known = (each.pid, each.info["create_time"]) in self.seen or any(self.run_id in word for word in words)
            if known and each.info["status"] != psutil.STATUS_ZOMBIE:
                yield f"process {each.pid} {' '.join(words)}"

    def _files(self) -> Iterator[str]:
        yield from (f"folder {path}" for path in self.parent.glob(f"*{self.run_id}*"))
        if _MEMORY.is_dir():  # no drill may use it at all
            yield from (f"memory {path}" for path in _MEMORY.iterdir() if path.name.startswith(("PostgreSQL.", "sem.")))

    def _segments(self) -> Iterator[str]:
        table, pids = Path("/proc/sysvipc/shm"), {str(pid) for pid, _ in self.seen}
        for line in table.read_text().splitlines()[1:] if table.exists() else []:
            if line.split()[4] in pids:
                yield f"segment {line}"


def unused_segments() -> set[str]:
    """The numbers of shared memory that nobody uses, on the whole machine."""
    table = Path("/proc/sysvipc/shm")
    rows = [line.split() for line in table.read_text().splitlines()[1:]] if table.exists() else []
    return {row[1] for row in rows if row[6] == "0"}


def _engine_objects(run_id: str) -> Iterator[str]:
    """By name, through the docker command: labels are what the product goes by."""
    listings = {
        "container": ["ps", "--all", "--format", "{{.Names}}"],
        "volume": ["volume", "ls", "--format", "{{.Name}}"],
        "network": ["network", "ls", "--format", "{{.Name}}"],
    }
    for kind, words in listings.items():
        try:
            listed = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=60, check=False)
        except FileNotFoundError:
            return
        yield from (f"{kind} {name}" for name in listed.stdout.split() if run_id in name)


@contextmanager
def victim(
    folder: Path,
    host: str,
    *options: str,
    calm: str = "500ms",
    before: Sequence[str] = (),
    runs: Path | None = None,
    scenario: Path | None = None,
    **environment: str,
) -> Iterator[Victim]:
    """A drill that has just been started, behind the words `before`, which end in an exec of what follows.

    Of a small scenario, unless one of its own is given.
    """
    folder.mkdir(exist_ok=True)
    small, runs, said = folder / "small.yaml", runs or folder / "runs", folder / "said"
    small.write_text(SCENARIO.replace("CALM", calm))
    words = ["run", str(scenario or small), "--on", host, "--runs", str(runs), *options]
    with _started([*before, sys.executable, "-m", "drill", *words], said, environment) as process:
        yield Victim(process, runs, said, Path(environment.get("DRILL_WORK") or work_parent()))


@contextmanager
def _started(argv: Sequence[str], said: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    with said.open("wb") as out:
        process = subprocess.Popen(
            argv, cwd=ROOT, env={**os.environ, **environment}, stdout=out, stderr=out, start_new_session=True
        )
    with process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def figure(says: str) -> Iterator[None]:
    """How long it took, for whoever asks pytest for it (-rP)."""
    began = time.monotonic()
    yield
    sys.stdout.write(f"FIGURE {says} {time.monotonic() - began:.2f} s\n")


def cases(often: Callable[[str, str], bool], moments: tuple[str, ...] = ACTS) -> list[Any]:
    """Every host in every act; those that `often` does not choose are left to `make soak`."""
    return [
        pytest.param(
            host,
            act,
            marks=[
                *([pytest.mark.docker] if host == "docker" else []),
                *([] if often(host, act) else [pytest.mark.soak]),
            ],
        )
        for host in ("embedded", "docker")
        for act in moments
    ]
