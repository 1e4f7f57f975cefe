"""Something done again and again beside the drill, until it is told to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_FAREWELL = 2.0  # seconds: what hangs on a silent cable is ended with its host


@contextmanager
def beating(every: float, act: Callable[[Callable[[], bool]], None], name: str) -> Iterator[None]:
    """Call `act` every `every` seconds in a thread; one that took longer is followed by the next at once.

    `act` is given a question that is answered True once nobody waits for its result any more.
    """
    over = threading.Event()

    def go_on() -> None:
        due = time.monotonic() + every
        while not over.wait(max(0.0, due - time.monotonic())):
            due = max(due + every, time.monotonic())
            act(over.is_set)

    thread = threading.Thread(target=go_on, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(_FAREWELL)
