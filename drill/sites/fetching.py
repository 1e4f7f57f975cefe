"""How a server that replays is told to fetch a segment of the log from a folder of its own host."""

from __future__ import annotations

import shlex
from pathlib import PurePosixPath

from drill.sites.wal import SEGMENT

# The receiver may complete a segment, and so rename it, while it is looked for.
# One that is shorter it is still making room for.
_FETCH = (
    "for held in {log}/%f {log}/%f.partial {log}/%f; do"
    f' test -f "$held" && test "$(wc -c <"$held")" -eq {SEGMENT} && cp "$held" %p && exit; done; false'
)
# A history is shorter than a segment; without it the server would not know of a later timeline.
_FETCH_ALL = "case %f in *.history) test -f {log}/%f && cp {log}/%f %p && exit; false;; *) " + _FETCH + ";; esac"


def fetching(log: PurePosixPath, *, histories: bool = False) -> str:
    """The restore_command for segments, complete or not, and for the histories of timelines if wanted."""
    command = _FETCH_ALL if histories else _FETCH
    return command.replace("{log}", shlex.quote(str(log)).replace("%", "%%"))
