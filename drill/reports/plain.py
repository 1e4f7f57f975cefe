"""The result in plain lines."""

from drill.reports.text import amount, duration, printable
from drill.result import Judged
from drill.verdict import Finding, Verdict


def plain(run: Judged) -> str:
    """A few lines: the verdict, the figures of the drill, and every finding that is not met."""
    total, result = run.total, run.result
    lines = [
        f"{printable(result.scenario)}: {result.verdict}, {'as' if result.as_expected else 'not as'} expected",
        f"  RTA {duration(total.rta_s)} (RTO {duration(total.rto_s)}), RPA {duration(total.rpa_s)}"
        f" (RPO {duration(total.rpo_s)}), {amount(total.lost)} of {amount(total.acked)} lost",
    ]
    lines += [f"  {line(f)}" for f in result.findings if f.verdict is not Verdict.MET or result.surprising(f)]
    lines += [f"  not comparable: {printable(reason)}" for reason in run.incomparable]
    return "\n".join(lines)


def line(finding: Finding) -> str:
    """One finding: where, what, how it was judged and why."""
    return printable(f"{finding.register}: {finding.check} {finding.verdict}: {finding.says or finding.actual}")
