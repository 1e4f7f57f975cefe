"""The result as Markdown, for a pull request or an audit folder."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from drill.reports.findings import Notable, notable
from drill.reports.opening import environment
from drill.reports.text import BOUNDS, amount, bounds, duration, printable
from drill.result import Judged, Summary
from drill.spread import Spread
from drill.verdict import Verdict

# Whatever begins something within a line of Markdown or of HTML; also the bare links, mentions, signs and formulas of
# some readers. Words with _ between their letters and times of day stay as they are.
_SPECIAL = re.compile(r"[\\`*{}\[\]<>|~&@$#]|(?<![^\W_])_|_(?![^\W_])|(?<!\d):(?=\S)|:(?=[^\s\d])|(?<=www)\.", re.I)


def markdown(runs: Sequence[Judged]) -> str:
    """One part for each run; of several runs also their spread."""
    parts = ["\n".join(_run(run)) for run in runs]
    if len(runs) > 1:
        parts.append("\n".join(_spread(Summary.over(runs), len(runs))))
    return "\n\n".join(parts) + "\n"


def plain_text(text: object) -> str:
    """One line that Markdown shows as it is, whatever somebody put into it."""
    return _SPECIAL.sub(lambda found: f"&#{ord(found[0])};", " ".join(printable(text).split()))


def _run(run: Judged) -> Iterator[str]:
    result = run.result
    expected = "as expected" if result.as_expected else "not as expected"
    yield f"# {plain_text(result.scenario)}: {str(result.verdict).upper()}, {expected}"
    for reason in run.incomparable:
        yield from ("", f"**Not comparable:** {plain_text(reason)}")
    yield from ("", "## Figures", "", *_figures(run))
    findings = list(notable(run))
    yield from ("", "## Findings", "")
    yield from map(_finding, findings)
    if not findings:
        count = len(result.findings)
        yield f"All {count} findings are met." if count else "There are none."
    if run.slowest:
        yield from ("", f"## Phases of the slowest register, {plain_text(run.slowest)}", "", *_phases(run, run.slowest))
    yield from ("", "## The run", "", *_facts(run))


def _figures(run: Judged) -> Iterator[str]:
    columns = ("register", "verdict", "RTA", "RTO", "RPA", "RPO", "lost", "acknowledged")
    rows = []
    for register, figures in run.figures.items():
        times = map(duration, (figures.rta_s, figures.rto_s, figures.rpa_s, figures.rpo_s))
        counts = (amount(figures.lost), amount(figures.acked))
        rows.append((plain_text(register), _emphasised(run.verdict_of(register)), *times, *counts))
    return table(columns, rows, left=2)


def _finding(finding: Notable) -> str:
    where = ", ".join(map(plain_text, finding.registers))
    note = "" if finding.verdict is Verdict.UNKNOWN else ", a surprise" if finding.surprising else ", as expected"
    return f"- {_emphasised(finding.verdict)} {plain_text(finding.check)} ({where}){note}: {plain_text(finding.says)}"


def _emphasised(verdict: Verdict) -> str:
    return str(verdict) if verdict is Verdict.MET else f"**{verdict}**"


def _phases(run: Judged, register: str) -> Iterator[str]:
    figures = run.figures[register]
    rows = [(phase.name, duration(phase.seconds)) for phase in figures.phases]
    return table(("phase", "time"), [*rows, ("**RTA**", f"**{duration(figures.rta_s)}**")], left=1)


def _facts(run: Judged) -> Iterator[str]:
    told = [(name, plain_text(value)) for name, value in environment(run)]
    return table(("what", "value"), told, left=2)


def _spread(summary: Summary, runs: int) -> Iterator[str]:
    yield from (f"# {runs} runs", "")
    rows = ((name, *_cells(spread)) for name, spread in (("RTA", summary.rta_s), ("RPA", summary.rpa_s)))
    yield from table(("figure", "median", "p95", "worst", "without"), rows, left=1)
    yield from ("", plain_text(BOUNDS), "")
    yield from (f"- {plain_text(line)}" for line in (*bounds("RTA", summary.rta_s), *bounds("RPA", summary.rpa_s)))


def _cells(spread: Spread) -> tuple[str, ...]:
    return duration(spread.median), duration(spread.p95), duration(spread.worst), str(spread.unmeasured)


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> Iterator[str]:
    """The first `left` columns are words, the others figures."""
    yield f"| {' | '.join(columns)} |"
    yield "|" + "|".join("---" if n < left else "---:" for n, _ in enumerate(columns)) + "|"
    yield from (f"| {' | '.join(row)} |" for row in rows)
