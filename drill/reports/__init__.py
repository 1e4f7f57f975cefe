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
    for target, document in sorted(documents, key=lambda each: each[0] == "-"):
        write(target, document)
    if all(target != "-" for target, _ in documents):
        _show(runs, quiet=wanted.quiet)


def _show(runs: Sequence[Judged], *, quiet: bool) -> None:
    speak_anyway()
    if quiet:
        from drill.reports.plain import plain, plain_spread

        for run in runs:
            print(plain(run))  # noqa: T201
        if len(runs) > 1:
            print(plain_spread(runs))  # noqa: T201
        return
    from rich.console import Console

    from drill.reports.screen import screen

    screen(runs, Console(highlight=False, markup=False, emoji=False))


def write(target: str, document: str) -> None:
    """Into a file, or for `-` to the standard output."""
    if target == "-":
        speak_anyway()
        print(document, end="")  # noqa: T201
        return
    try:
        Path(target).write_text(document, encoding="utf-8", errors="replace")
    except OSError as failed:
        raise CannotRun(f"{target}: {failed.strerror}", hint="choose another file for the report") from failed


def speak_anyway() -> None:
    """A terminal that knows no dashes is no reason to fail."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
