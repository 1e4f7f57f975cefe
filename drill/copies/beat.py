"""Something done again and again beside the drill, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FAREWELL = 2.0  # seconds: what hangs on a silent cable is ended with its host


@contextmanager
def beating(every: float, act: Callable[[Callable[[], bool]], None], tell: Callable[[str], None]) -> Iterator[None]:
    """Call `act` every `every` seconds in a thread; one that took longer is followed by the next at once.

    `act` is given a question that is answered True once nobody waits for its result any more. `tell` hears what it
    did not foresee; the beat goes on.
    """
    over = threading.Event()

    def go_on() -> None:
        due = time.monotonic() + every
        while not over.wait(max(0.0, due - time.monotonic())):
            due = max(due + every, time.monotonic())
            try:
                act(over.is_set)
            except Exception as broken:  # noqa: BLE001 - told, and the copy is not current
                if not over.is_set():
                    tell(repr(broken))

    thread = threading.Thread(target=go_on, name="beat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_FAREWELL)
