"""The result in plain lines."""

from collections.abc import Iterator, Sequence

from drill.link import described
from drill.reports.findings import notable
from drill.reports.text import BOUNDS, amount, bounds, duration, printable
from drill.result import Judged, Summary


def plain(run: Judged) -> str:
    """A few lines: the verdict, the figures of the drill, and every finding that is not met."""
    total, result = run.total, run.result
    lines = [
        f"{printable(result.scenario)}: {result.verdict}, {'as' if result.as_expected else 'not as'} expected",
        f"  RTA {duration(total.rta_s)} (RTO {duration(total.rto_s)}), RPA {duration(total.rpa_s)}"
        f" (RPO {duration(total.rpo_s)}), {amount(total.lost)} of {amount(total.acked)} lost",
    ]
    lines += [printable(f"  {f.where}: {f.check} {f.verdict}: {f.says}") for f in notable(run)]
    if run.link is not None:
        lines.append(printable(f"  link between the sites: {described(run.link)}"))
    lines += [f"  not comparable: {printable(reason)}" for reason in run.incomparable]
    return "\n".join(lines)


def plain_spread(runs: Sequence[Judged]) -> str:
    """The spread of several runs, and its bounds."""
    return "\n".join(_spread(Summary.over(runs), len(runs)))


def _spread(summary: Summary, runs: int) -> Iterator[str]:
    yield f"{runs} runs"
    for name, spread in (("RTA", summary.rta_s), ("RPA", summary.rpa_s)):
        figures = f"median {duration(spread.median)}, p95 {duration(spread.p95)}, worst {duration(spread.worst)}"
        yield f"  {name} {figures}, {spread.unmeasured} without"
    yield f"  {BOUNDS}"
    for name, spread in (("RTA", summary.rta_s), ("RPA", summary.rpa_s)):
        yield from (f"    {printable(line)}" for line in bounds(name, spread))
