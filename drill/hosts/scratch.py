"""A private folder of this machine for a while: removed at the end, by the watchdog too, or by `drill clean`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drill.errors import CannotRun
from drill.hosts import mark
from drill.hosts.watchdog import watched


@contextmanager
def scratch() -> Iterator[Path]:
    """The folder, empty, where the work folders of runs are."""
    run_id = mark.new_run_id()
    work = mark.work_folder(run_id)
    with watched(run_id, work, docker=False):
        try:
            work.mkdir(mode=0o700)
        except OSError as refused:
            hint = "set DRILL_WORK to a folder that you may write to"
            raise CannotRun(f"cannot make {work}: {refused}", hint=hint) from refused
        try:
            mark.write_mark(work)
            (work / "scratch").mkdir(mode=0o700)
            yield work / "scratch"
        finally:
            shutil.rmtree(work, ignore_errors=True)
