"""Threads that work side by side, and that nobody waits for once something broke."""

from concurrent.futures import ThreadPoolExecutor
from types import TracebackType


class Crew(ThreadPoolExecutor):
    """An executor whose `with` block waits for all work only when it ends well.

    After an error or Ctrl-C what is under way is left to end with the site that it works on, when that is undone.
    """

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)
