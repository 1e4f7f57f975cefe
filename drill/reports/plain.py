"""The result in plain lines."""

from drill.reports.findings import notable
from drill.reports.text import amount, duration, printable
from drill.result import Judged


def plain(run: Judged) -> str:
    """A few lines: the verdict, the figures of the drill, and every finding that is not met."""
    total, result = run.total, run.result
    lines = [
        f"{printable(result.scenario)}: {result.verdict}, {'as' if result.as_expected else 'not as'} expected",
        f"  RTA {duration(total.rta_s)} (RTO {duration(total.rto_s)}), RPA {duration(total.rpa_s)}"
        f" (RPO {duration(total.rpo_s)}), {amount(total.lost)} of {amount(total.acked)} lost",
    ]
    lines += [printable(f"  {f.where}: {f.check} {f.verdict}: {f.says}") for f in notable(run)]
    lines += [f"  not comparable: {printable(reason)}" for reason in run.incomparable]
    return "\n".join(lines)
