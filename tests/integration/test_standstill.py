"""A drill led in front of people: at a terminal, with a pause before each act, kept at its end, entered with psql."""

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill.clock import wait_until
from tests.fix_victim import ACTS, ROOT, SCENARIO

ASK = "Press Enter to go on"
_PATIENCE = 120.0  # seconds until something is shown, on a loaded machine


@dataclass
class Class:
    """What people see on the terminal, and what they press."""

    process: subprocess.Popen[bytes]
    keyboard: int
    shown: list[bytes]
    state: Path

    @property
    def text(self) -> str:
        return b"".join(self.shown).decode(errors="replace")

    def shows(self, words: str, times: int = 1) -> None:
        """Until it has been shown so often."""
        tail = lambda: self.text[-3000:]  # noqa: E731
        wait_until(words, lambda: self.text.count(words) >= times, deadline=_PATIENCE, hint=tail)

    def presses(self, keys: str) -> None:
        os.write(self.keyboard, keys.encode())

    def asks(self, site: str, query: str) -> str:
        """Through psql, from another terminal."""
        argv = [sys.executable, "-m", "drill", "psql", "last", site, "--", "-Atc", query]
        environment = {**os.environ, "XDG_STATE_HOME": str(self.state)}
        told = subprocess.run(argv, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)
        return (told.stdout or told.stderr).splitlines()[0]

    def doors(self) -> list[Path]:
        return list((self.state / "drill" / "doors").glob("*"))


@contextmanager
def led(folder: Path, *options: str) -> Iterator[Class]:
    """A drill that somebody leads at a terminal of 80 columns and 24 rows."""
    (folder / "small.yaml").write_text(SCENARIO.replace("CALM", "500ms").replace("people: 1000", "people: 300"))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    words = ["run", "small.yaml", "--on", "embedded", "--json", "out.json", *options]
    environment = {**os.environ, "XDG_STATE_HOME": str(folder / "state"), "TERM": "xterm", "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "drill", *words],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)),  # its own terminal, for Ctrl-C
    )
    os.close(theirs)
    shown: list[bytes] = []
    reader = threading.Thread(target=_read, args=(ours, shown))
    reader.start()
    with process:
        try:
            yield Class(process, ours, shown, folder / "state")
        finally:
            process.kill()
    reader.join(60)
    os.close(ours)


def _read(descriptor: int, shown: list[bytes]) -> None:
    try:
        while piece := os.read(descriptor, 65536):
            shown.append(piece)
    except OSError:  # nobody writes any more
        return


def test_a_drill_is_led_act_by_act_and_entered(tmp_path: Path) -> None:
    with led(tmp_path, "--pause", "--keep", "--timeout", "120s") as people:
        for number, act in enumerate(ACTS, 1):
            people.shows(f"Before act {number} of 8: {act}")
            people.shows(ASK, times=number)
            if act == "recovery":
                assert people.asks("home", "select 1") == "home cannot be entered: nothing runs at home"
                assert people.asks("embassy", "select pg_is_in_recovery()") == "t"
            people.presses("\n")
        people.shows("kept until Ctrl-C")
        assert people.asks("home", "select current_setting('cluster_name')") == "drill home"
        people.presses("\x03")
        assert people.process.wait(_PATIENCE) == 0, people.text[-3000:]
        assert people.doors() == []
    assert people.text.count("Why: ") == len(ACTS)
    assert "\x1b[?25l" not in people.text
    (run,) = json.loads((tmp_path / "out.json").read_text())["runs"]
    assert (run["verdict"], run["comparable"]) == ("met", False)
    assert "paused for" in run["incomparable_because"][0]
    assert sum(phase["seconds"] for phase in run["phases"]) == pytest.approx(run["rta_s"], abs=1e-9)
    assert run["paused_s"] > 0


def test_ctrl_c_in_a_pause_ends_the_drill(tmp_path: Path) -> None:
    with led(tmp_path, "--pause") as people:
        people.shows(ASK)
        people.presses("\x03")
        assert people.process.wait(_PATIENCE) == 130, people.text[-3000:]
        assert people.doors() == []
    assert "interrupted: everything was undone" in people.text
    assert "Traceback" not in people.text


@pytest.mark.soak
def test_a_drill_that_is_killed_in_a_pause_leaves_no_way_in(tmp_path: Path) -> None:
    with led(tmp_path, "--pause") as people:
        people.shows(ASK)
        people.presses("\n")
        people.shows(ASK, times=2)
        assert len(people.doors()) == 1
        people.process.send_signal(signal.SIGKILL)
        people.process.wait(_PATIENCE)
        wait_until("the way in is gone", lambda: not people.doors(), deadline=60, hint=lambda: str(people.doors()))


def test_a_pause_needs_somebody_at_a_terminal() -> None:
    argv = [sys.executable, "-m", "drill", "run", "power-loss", "--pause", "--on", "embedded"]
    refused = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False, stdin=-3)
    assert refused.returncode == 2
    assert "--pause needs a terminal\nhint: " in refused.stderr
