"""The same result, told to different readers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING

from drill.errors import CannotRun, ScenarioError

if TYPE_CHECKING:
    from drill.dossier import Dossier
    from drill.result import Judged


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which reports are asked for: a file, `-` for the standard output, or nothing."""

    json: str | None = None
    junit: str | None = None
    markdown: str | None = None
    html: str | None = None
    pdf: str | None = None  # never `-`
    github: bool = False  # annotations, step summary and outputs of a workflow
    quiet: bool = False  # a few plain lines instead of the table

    def __post_init__(self) -> None:
        """ScenarioError where two documents would run into one another."""
        asked = (self.json, self.junit, self.markdown, self.html)
        if asked.count("-") + self.github > 1:
            hint = "give all but one of them a file; --github speaks there too"
            raise ScenarioError("only one document can go to the standard output (`-`)", hint=hint)
        if self.pdf == "-":
            raise ScenarioError("a PDF cannot go to the standard output", hint="give it a file: --pdf FILE")

    @property
    def files(self) -> list[Path]:
        """Those that will be written."""
        asked = (self.json, self.junit, self.markdown, self.html, self.pdf)
        return [Path(each) for each in asked if each not in (None, "-")]

    @property
    def of_dossiers(self) -> bool:
        """Is a report wanted that tells more than the judged run itself?"""
        return any(each is not None for each in (self.markdown, self.html, self.pdf))

    @property
    def anything(self) -> bool:
        """Is any report wanted?"""
        return self.of_dossiers or self.github or self.json is not None or self.junit is not None


def deliver(dossiers: Sequence[Dossier], exit_code: int, wanted: Wanted) -> None:
    """Show the result and write what is wanted. A document on the standard output stands there alone."""
    from drill.reports.github import unheeded

    runs = [dossier.run for dossier in dossiers]
    if "-" not in (wanted.json, wanted.junit, wanted.markdown, wanted.html):
        with unheeded(sys.stdout) if wanted.github else nullcontext():
            _show(runs, quiet=wanted.quiet)
    try:
        write_all(dossiers, exit_code, wanted)
    finally:
        if wanted.github:
            tell_github(runs)


def write_all(dossiers: Sequence[Dossier], exit_code: int, wanted: Wanted) -> None:
    """Every document that is wanted, those into files first. Raises CannotRun where one cannot be written."""
    ids = " ".join(dossier.run.run_id for dossier in dossiers)
    hint = f"choose another file: `drill report {ids} --json FILE` writes it from the evidence, and so with the others"
    write_each(_documents(dossiers, exit_code, wanted), hint)


def tell_github(runs: Sequence[Judged]) -> None:
    """For the step of a workflow that this is."""
    from drill.reports import github

    speak_anyway()
    github.tell(runs, os.environ, sys.stdout)


def _documents(dossiers: Sequence[Dossier], exit_code: int, wanted: Wanted) -> Iterator[tuple[str, str | bytes]]:
    from drill.reports import json, junit

    runs = [dossier.run for dossier in dossiers]
    if wanted.json is not None:
        yield wanted.json, json.text(runs, exit_code)
    if wanted.junit is not None:
        yield wanted.junit, junit.junit(runs)
    if wanted.markdown is not None:
        from drill.reports.audit import audit

        yield wanted.markdown, audit(dossiers)
    if wanted.html is not None or wanted.pdf is not None:
        from drill.reports.html import html

        page = html(dossiers)
        if wanted.html is not None:
            yield wanted.html, page
        if wanted.pdf is not None:
            from drill.reports.pdf import pdf

            yield wanted.pdf, pdf(page)


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


def must_be_writable(path: Path) -> None:
    """Before anything is started: ScenarioError where no such file can be written."""
    hint = "make its folder, or choose another file; nothing was started"
    if not path.parent.is_dir():
        raise ScenarioError(f"{path}: there is no folder {path.parent}", hint=hint)
    if path.is_dir() or not os.access(path if path.exists() else path.parent, os.W_OK):
        raise ScenarioError(f"{path}: {'it is a folder' if path.is_dir() else 'it may not be written'}", hint=hint)


def write_each(documents: Iterable[tuple[str, str | bytes]], hint: str) -> None:
    """Those into files first, whatever becomes of the others. CannotRun for those that cannot be written."""
    refused = []
    for target, document in sorted(documents, key=lambda each: each[0] == "-"):
        try:
            write(target, document)
        except CannotRun as failed:
            refused.append(str(failed))
    if refused:
        raise CannotRun("\n".join(refused), hint=hint)


def write(target: str, document: str | bytes) -> None:
    """Into a file, or text for `-` to the standard output."""
    if target == "-" and isinstance(document, str):
        speak_anyway()
        print(document, end="")  # noqa: T201
        return
    content = document if isinstance(document, bytes) else document.encode(errors="replace")
    try:
        Path(target).write_bytes(content)
    except OSError as failed:
        raise CannotRun(f"{target}: {failed.strerror}", hint="choose another file for the report") from failed


def speak_anyway() -> None:
    """A terminal that knows no dashes is no reason to fail."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
