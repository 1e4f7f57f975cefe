"""The same result, told to different readers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from drill.errors import CannotRun, ScenarioError

if TYPE_CHECKING:
    from drill.result import Judged


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports are asked for: a file, `-` for the standard output, or nothing."""

    json: str | None = None
    junit: str | None = None
    markdown: str | None = None
    quiet: bool = False  # a few plain lines instead of the table

    def __post_init__(self) -> None:
        """ScenarioError where two documents would run into one another."""
        if (self.json, self.junit, self.markdown).count("-") > 1:
            hint = "give all but one of them a file"
            raise ScenarioError("only one document can go to the standard output (`-`)", hint=hint)


def deliver(runs: Sequence[Judged], exit_code: int, wanted: Wanted) -> None:
    """Write what is wanted. A document on the standard output stands there alone."""
    from drill.reports import json, junit
    from drill.reports.markdown import markdown

    documents = []
    if wanted.json is not None:
        documents.append((wanted.json, json.text(runs, exit_code)))
    if wanted.junit is not None:
        documents.append((wanted.junit, junit.junit(runs)))
    if wanted.markdown is not None:
        documents.append((wanted.markdown, markdown(runs)))
    for target, document in documents:
        if target != "-":
            _write(Path(target), document)
    printed = [document for target, document in documents if target == "-"]
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows no dashes is no reason to fail
    for document in printed:
        print(document, end="")  # noqa: T201
    if not printed:
        _show(runs, quiet=wanted.quiet)


def _show(runs: Sequence[Judged], *, quiet: bool) -> None:
    if quiet:
        from drill.reports.plain import plain

        for run in runs:
            print(plain(run))  # noqa: T201
        return
    from rich.console import Console

    from drill.reports.screen import screen

    screen(runs, Console(highlight=False, markup=False, emoji=False))


def _write(path: Path, document: str) -> None:
    try:
        path.write_text(document, encoding="utf-8", errors="replace")
    except OSError as failed:
        raise CannotRun(f"{path}: {failed.strerror}", hint="choose another file for the report") from failed
