"""The result for the person in front of the screen."""

import textwrap
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from drill.link import described
from drill.reports.findings import Notable, notable
from drill.reports.text import BOUNDS, amount, bounds, duration, printable
from drill.result import Judged, Summary
from drill.spread import Spread
from drill.verdict import Verdict

_NARROW = 79  # columns: words are kept together with their figures
_COLOURS = {Verdict.MET: "green", Verdict.UNKNOWN: "yellow", Verdict.MISSED: "red"}


def screen(runs: Sequence[Judged], console: Console) -> None:
    """Print every run, and over several of them their spread. Reads at 80 columns, with and without colour."""
    for run in runs:
        for part in _run(run):
            console.print(part)
        console.print()
    if len(runs) > 1:
        summary = Summary.over(runs)
        console.print(_spread(summary, len(runs)))
        console.print(_bounds(summary))


def _run(run: Judged) -> Iterator[Text | Table | Padding]:
    yield _headline(run)
    began = run.evidence.began
    told = [f"{name} {began[key]}" for key, name in (("run_id", "run"), ("postgres", "PostgreSQL")) if began.get(key)]
    if began.get("host"):
        told.append(f"host {began['host']} ({began.get('why', '')})")
    if told:
        yield Text(printable(" · ".join(told)), style="dim")
    if run.link is not None:
        link = printable(f"link between the sites: {described(run.link)}")
        yield Text("\n".join(textwrap.wrap(link, _NARROW)), style="dim")
    for reason in run.incomparable:
        yield Text(printable(f"not comparable: {reason}"), style="yellow")
    yield _registers(run)
    if run.slowest:
        yield _phases(run, run.slowest)
    for finding in notable(run):
        yield from _finding(finding)


def _headline(run: Judged) -> Text:
    result = run.result
    expected = "as expected" if result.as_expected else "not as expected"
    line = Text(printable(result.scenario), style="bold")
    line.append(": ", style="")
    line.append(str(result.verdict).upper(), style=f"bold {_COLOURS[result.verdict]}")
    return line.append(f", {expected}")


def _registers(run: Judged) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("register", overflow="fold")
    table.add_column("verdict", no_wrap=True)
    for name in ("RTA", "RTO", "RPA", "RPO", "lost"):
        table.add_column(name, justify="right", no_wrap=True)
    for register, figures in run.figures.items():
        verdict = run.verdict_of(register)
        times = map(duration, (figures.rta_s, figures.rto_s, figures.rpa_s, figures.rpo_s))
        judged = Text(str(verdict), style=_COLOURS[verdict])
        table.add_row(Text(printable(register)), judged, *times, amount(figures.lost))
    return table


def _phases(run: Judged, register: str) -> Text:
    parts = (f"{p.name} {duration(p.seconds)}".replace(" ", "\u00a0") for p in run.figures[register].phases)
    lines = textwrap.wrap(f"Slowest, {printable(register)}: {', '.join(parts)}.", _NARROW)
    return Text("\n".join(lines).replace("\u00a0", " "))


def _finding(finding: Notable) -> Iterator[Text | Padding]:
    line = Text(str(finding.verdict), style=_COLOURS[finding.verdict])
    line.append(printable(f" {finding.check}, {finding.where}"), style="bold")
    if finding.verdict is not Verdict.UNKNOWN:
        line.append(" (a surprise)" if finding.surprising else " (as expected)")
    yield line
    yield Padding(Text(printable(finding.says)), (0, 0, 0, 2))


def _spread(summary: Summary, runs: int) -> Table:
    table = Table(title=f"{runs} runs", box=None, pad_edge=False, padding=(0, 2, 0, 0), title_justify="left")
    for name in ("", "median", "p95", "worst", "without"):
        table.add_column(name, justify="right" if name else "left")
    for name, spread in (("RTA", summary.rta_s), ("RPA", summary.rpa_s)):
        table.add_row(name, *_cells(spread))
    return table


def _bounds(summary: Summary) -> Text:
    told = [*bounds("RTA", summary.rta_s), *bounds("RPA", summary.rpa_s)]
    lines = [*textwrap.wrap(BOUNDS, _NARROW), *(line for each in told for line in _wrapped(each))]
    return Text("\n".join(lines))


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(printable(text), _NARROW, initial_indent="  ", subsequent_indent="    ")


def _cells(spread: Spread) -> tuple[str, ...]:
    return duration(spread.median), duration(spread.p95), duration(spread.worst), str(spread.unmeasured)
