"""Where a drill stands still for people: in a pause before an act, and kept at its end. They may enter with psql."""

from __future__ import annotations

import shutil
import signal
import sys
import termios
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import typer

from drill.errors import CannotRun, ScenarioError

if TYPE_CHECKING:
    from drill.parts import Drill
    from drill.reports.live import Live
    from drill.scenario.plan import Act

_WIDEST = 100  # columns of text that are read with ease


@dataclass(frozen=True)
class Standstill:
    """Who leads people through a drill; the live view, where there is one, shares the terminal."""

    acts: Sequence[Act]
    live: Live | None

    def before(self, run_id: str, drill: Drill, act: str) -> None:
        """Say what will happen in this act and why, and wait for Enter; --timeout does not run on meanwhile."""
        number, coming = next((n, each) for n, each in enumerate(self.acts, 1) if each.name == act)
        words = _announced(coming, f"{number} of {len(self.acts)}")
        with _alarm_stopped(), _doors_open(run_id, drill, f"before {act}") as way, self._said([*words, *way]):
            _wait_for_enter()

    def kept(self, run_id: str, drill: Drill) -> None:
        """Hold both sites up until Ctrl-C, and say how to look at them; --timeout is for the drill alone."""
        words = ["kept until Ctrl-C"]
        with _alarm_stopped(), _doors_open(run_id, drill, "kept") as way, self._said([*words, *way]):
            try:
                signal.pause()
            except KeyboardInterrupt:
                _say("undoing")

    @contextmanager
    def _said(self, lines: Sequence[str]) -> Iterator[None]:
        if self.live is None:
            _say("\n".join(["", *lines]))
            yield
            return
        from rich.text import Text

        with self.live.held([Text(line, style="" if n else "bold") for n, line in enumerate(lines)]):
            yield


def must_be_a_terminal() -> None:
    """ScenarioError where nobody could read what a pause says, or press Enter."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        hint = "it waits for somebody who presses Enter: start it at a terminal, or leave --pause away"
        raise ScenarioError("--pause needs a terminal", hint=hint)


def _announced(act: Act, number: str) -> list[str]:
    width = min(_WIDEST, shutil.get_terminal_size().columns - 1)
    lines = [f"Before act {number}: {act.name}", ""]
    for step in act.steps:
        lines += textwrap.wrap(step, width, initial_indent="  - ", subsequent_indent="    ")
    return [*lines, "", *textwrap.wrap(f"Why: {act.why}", width), ""]


@contextmanager
def _doors_open(run_id: str, drill: Drill, why: str) -> Iterator[list[str]]:
    """Yields the lines that say how to enter, or why that is not possible; the drill goes on either way."""
    from drill.sites.doors import opened

    with ExitStack() as stack:
        try:
            doors = stack.enter_context(opened(run_id, why, (drill.home, drill.embassy), tuple(drill.registers)))
            way = [f"In another terminal: drill psql {run_id} {' | '.join(doors.open)}"] if doors.open else []
        except CannotRun as refused:
            way = [f"`drill psql` cannot enter: {refused}"]
        yield way


@contextmanager
def _alarm_stopped() -> Iterator[None]:
    left, _ = signal.setitimer(signal.ITIMER_REAL, 0.0)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left)


def _wait_for_enter() -> None:
    """A key that was pressed before the question is no answer to it."""
    termios.tcflush(sys.stdin, termios.TCIFLUSH)
    typer.echo("Press Enter to go on, Ctrl-C to end the drill. ", err=True, nl=False)
    sys.stdin.readline()


def _say(text: str) -> None:
    typer.echo(text, err=True)
