"""The live view: the picture of a drill on a terminal, drawn anew a few times a second beside the drill."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.text import Text

from drill.ledger import Entry
from drill.reports.picture import LOWEST, NARROWEST, picture, plainer, upper
from drill.reports.progress import Progress
from drill.reports.scene import Scene
from drill.timeline import Event

if TYPE_CHECKING:
    from drill.result import Judged

_EVERY = 0.25  # seconds
_LEAVE = 2.0  # seconds that a drawing which hangs in a stopped terminal is waited for
# Every frame is one write to fixed places of the screen, so that keys pressed and windows resized are drawn over. The
# cursor is never hidden and no other screen is entered: a killed drill leaves nothing to be repaired.
_TOP, _REST, _LINE_END = "\x1b[H", "\x1b[J", "\x1b[K\r\n"
_FRAME, _DONE = "\x1b[?2026h", "\x1b[?2026l"  # terminals that know it show all of a frame at once


class Live:
    """An onlooker: takes note of what it is told, and no more; a thread of its own draws while it is `on`."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._console = Console(file=stream, force_terminal=True, highlight=False, markup=False, emoji=False)
        self._told: deque[Event | Entry | Judged] = deque()
        self._scene = Scene()
        self._began = time.monotonic()
        self._drawing = threading.Lock()
        self._over = threading.Event()
        self._plain: Progress | None = None  # once the view has broken

    def event(self, event: Event) -> None:
        """What was recorded."""
        self._began = time.monotonic() - event.elapsed
        self._told.append(event)
        if self._plain is not None:
            self._plain.event(event)

    def entry(self, entry: Entry) -> None:
        """A try of a citizen."""
        if self._plain is None:
            self._told.append(entry)

    def judged(self, run: Judged) -> None:
        """What came out."""
        self._told.append(run)

    @contextmanager
    def on(self) -> Iterator[None]:
        """Draw one drill, in the terminal's own screen; afterwards that is empty."""
        self._told.clear()
        self._scene, self._over, self._plain = Scene(), threading.Event(), None
        self._write("\n" * (self._size()[1] - 1))  # what stood there can be scrolled back to
        thread = threading.Thread(target=self._run, name="live view", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._over.set()
            thread.join(_LEAVE)
            if self._plain is None:
                self._write(_TOP + _REST)

    @contextmanager
    def held(self, below: Sequence[Text]) -> Iterator[None]:
        """Show these words below what there is room for of the picture, and draw nothing until left."""
        with self._drawing:
            try:
                self._hear()
                self._write(_TOP + _REST + self._printed([*self._above(len(below)), *below], _LINE_END))
            except Exception as broken:  # noqa: BLE001 - as below; the words are what matters
                self._break(broken)
                self._write("\n".join(line.plain for line in below) + "\n")
            yield

    def _above(self, rows: int) -> list[Text]:
        """Of the picture what fits above so many rows and a line to answer in."""
        width, height = self._size()
        return [*upper(self._scene, self._now(), width - 1, height - rows - 2), Text()]

    def _run(self) -> None:
        while not self._over.wait(_EVERY) and self._plain is None:
            try:
                with self._drawing:
                    self._draw()
            except Exception as broken:  # noqa: BLE001 - no drill is given up for its picture
                self._break(broken)

    def _draw(self) -> None:
        self._hear()
        width, height = self._size()
        lines = picture(self._scene, self._now(), width - 1, height - 1)
        if not self._over.is_set():
            self._write(_FRAME + _TOP + self._printed(lines, _LINE_END) + _REST + f"\x1b[{height};1H" + _DONE)

    def _hear(self) -> None:
        while self._told:
            thing = self._told.popleft()
            if isinstance(thing, Event):
                self._scene.event(thing)
            elif isinstance(thing, Entry):
                self._scene.entry(thing)
            else:
                self._scene.outcome(thing)

    def _now(self) -> float:
        return time.monotonic() - self._began

    def _printed(self, lines: Sequence[Text], end: str) -> str:
        shown = plainer(list(lines)) if self._console.options.ascii_only else lines
        with self._console.capture() as captured:
            for line in shown:
                self._console.print(line, no_wrap=True, crop=False, soft_wrap=True)
        return captured.get().replace("\n", end)

    def _break(self, broken: Exception) -> None:
        self._plain = Progress(self._stream)
        self._write(f"{_TOP}{_REST}the live view broke ({broken!r}); the drill goes on, with plain lines\n")

    def _size(self) -> tuple[int, int]:
        try:
            return os.get_terminal_size(self._stream.fileno())
        except OSError:  # it went away
            return NARROWEST, LOWEST

    def _write(self, text: str) -> None:
        with suppress(OSError, ValueError):  # nobody looks any more; the drill goes on
            self._stream.write(text)
            self._stream.flush()


def fits(stream: TextIO) -> bool:
    """Whether the stream is a terminal on which the view can be seen."""
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return False
    dumb = os.environ.get("TERM", "dumb") in ("dumb", "unknown")
    return stream.isatty() and not dumb and columns >= NARROWEST and rows >= LOWEST
