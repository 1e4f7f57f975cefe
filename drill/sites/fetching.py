"""How a server that replays is told to fetch a segment of the log, or a history, from a folder of its own host."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from drill.sites.segments import SEGMENT

# The receiver may complete a segment, and so rename it, while it is looked for.
# One that is shorter it is still making room for.
_FETCH = (
    "for held in {log}/%f {log}/%f.partial {log}/%f; do"
    ' test -f "$held" && test "$(wc -c <"$held")" -eq {size} && cp "$held" %p && exit; done; false'
)
# A history is shorter than a segment; without it the server would not know of a later timeline.
_FETCH_ALL = "case %f in *.history) test -f {log}/%f && cp {log}/%f %p && exit; false;; *) " + _FETCH + ";; esac"


def fetching(log: PurePosixPath, segment: int = SEGMENT) -> str:
    """The restore_command for segments of so many bytes, complete or not, and for the histories of timelines."""
    return _FETCH_ALL.replace("{size}", str(segment)).replace("{log}", shlex.quote(str(log)).replace("%", "%%"))
