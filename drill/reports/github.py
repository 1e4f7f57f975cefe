"""The result for a workflow on GitHub: annotations, a step summary within its limits, and outputs for later steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TextIO

from drill.errors import CannotRun, ScenarioError
from drill.reports.findings import notable
from drill.reports.markdown import markdown
from drill.reports.text import duration, printable
from drill.result import Judged
from drill.verdict import Verdict, worst_exit

MOST_SUMMARY = 1024 * 1024  # bytes that a step may write; a larger one is dropped whole
MOST_ANNOTATIONS = 10  # of each kind that a step may give; the others are dropped without a word
_LONGEST = 1000  # letters of one annotation
_CUT = "\n\nThe rest does not fit into this summary: see the report itself.\n"


def commands(runs: Sequence[Judged]) -> list[str]:
    """Workflow commands: a surprise is an error, what is unknown a warning, how each run came out a notice."""
    lines: dict[str, list[str]] = {"error": [], "warning": [], "notice": []}
    for run in runs:
        lines["notice"].append(_command("notice", run.result.scenario, _outcome(run)))
        for finding in notable(run):
            kind = "warning" if finding.verdict is Verdict.UNKNOWN else "error" if finding.surprising else "notice"
            title = f"{run.result.scenario}: {finding.check} {finding.verdict}"
            lines[kind].append(_command(kind, title, f"{', '.join(finding.registers)}: {finding.says}"))
    return [line for kind, found in lines.items() for line in _within(kind, found)]


def summary(runs: Sequence[Judged], room: int = MOST_SUMMARY) -> str:
    """Markdown of at most so many bytes; what is too long is cut after a whole line, and says so."""
    text = markdown(runs)
    if len(text.encode()) <= room:
        return text
    cut = text.encode()[: max(0, room - len(_CUT.encode()))].decode(errors="ignore")
    return cut[: cut.rfind("\n") + 1] + _CUT if room > len(_CUT.encode()) else ""


def outputs(runs: Sequence[Judged]) -> str:
    """What later steps may ask for, one `name=value` a line. No value is anybody's free text."""
    verdict = Verdict.of(run.result.verdict for run in runs)
    code = worst_exit(run.result.exit_code for run in runs)
    return f"verdict={verdict}\nexit-code={code}\nas-expected={str(code == 0).lower()}\n"


def step_summary(environment: Mapping[str, str]) -> Path:
    """The file of the step's summary; ScenarioError where this is no workflow."""
    named = environment.get("GITHUB_STEP_SUMMARY")
    if not named:
        raise ScenarioError("GITHUB_STEP_SUMMARY is not set", hint="--github is for a step of a workflow on GitHub")
    return Path(named)


def tell(runs: Sequence[Judged], environment: Mapping[str, str], stream: TextIO) -> None:
    """Annotations onto the stream; summary and outputs into the files that the environment names.

    Raises CannotRun where one cannot be written; ScenarioError where this is no workflow.
    """
    file = step_summary(environment)
    written = file.stat().st_size if file.is_file() else 0
    _add(file, summary(runs, MOST_SUMMARY - written))
    if environment.get("GITHUB_OUTPUT"):
        _add(Path(environment["GITHUB_OUTPUT"]), outputs(runs))
    for line in commands(runs):
        stream.write(line + "\n")
    stream.flush()


@contextmanager
def unheeded(stream: TextIO) -> Iterator[None]:
    """What is said inside, by whomever it was named, is no command to the runner."""
    token = token_hex(16)
    stream.write(f"::stop-commands::{token}\n")
    stream.flush()
    try:
        yield
    finally:
        stream.write(f"::{token}::\n")
        stream.flush()


def _outcome(run: Judged) -> str:
    total = run.total
    expected = "as expected" if run.result.as_expected else "not as expected"
    times = f"RTA {duration(total.rta_s)} (RTO {duration(total.rto_s)}), RPA {duration(total.rpa_s)}"
    return f"{run.result.verdict}, {expected}; {times} (RPO {duration(total.rpo_s)})"


def _within(kind: str, lines: list[str]) -> list[str]:
    if len(lines) <= MOST_ANNOTATIONS:
        return lines
    kept = lines[: MOST_ANNOTATIONS - 1]
    return [*kept, _command(kind, "drill", f"{len(lines) - len(kept)} more are in the summary of this step")]


def _command(kind: str, title: str, says: str) -> str:
    return f"::{kind} title={_property(title)}::{_escaped(says)}"


def _escaped(text: str) -> str:
    shown = printable(text)
    shown = shown if len(shown) <= _LONGEST else f"{shown[:_LONGEST]}…"
    return shown.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


def _add(file: Path, text: str) -> None:
    try:
        with file.open("a", encoding="utf-8", errors="replace") as end:
            end.write(text)
    except OSError as failed:
        raise CannotRun(
            f"{file}: {failed.strerror}", hint="the runner names this file: is it the same user?"
        ) from failed
