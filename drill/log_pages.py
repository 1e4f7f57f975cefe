"""The pages of a segment of the log that say of themselves that they are where they lie.

A server takes old segments under new names for the log to come, and writes over them: what it has not come to yet still
tells where it once was.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

PAGE = 8192  # bytes
_HEAD, _ADDRESS = 16, 8  # bytes of a page's header that are read, and where in them its address begins


def own_pages(file: Path, begins: int) -> Iterator[int]:
    """The places, in order, of a file whose first page is at the place `begins`; none where there is no such file."""
    try:
        segment = file.open("rb", buffering=0)
    except OSError:
        return
    with segment:
        at = begins
        while len(head := segment.read(_HEAD)) == _HEAD:
            if int.from_bytes(head[_ADDRESS:], "little") == at:
                yield at
            at += PAGE
            segment.seek(at - begins)
