"""Did this recovery take longer than comparable ones before it? Judged only where `--regress` asked for it."""

from __future__ import annotations

from collections.abc import Iterator

from drill.evidence import Evidence
from drill.measures import figures, whole
from drill.verdict import Finding, Verdict

AT_LEAST = 3  # earlier runs, before their median says anything


def regression(evidence: Evidence) -> Iterator[Finding]:
    asked = evidence.began.get("regress")
    if asked is None:
        return
    runs, limit = int(asked["runs"]), float(asked["limit"])
    if runs < AT_LEAST:
        yield _finding(Verdict.UNKNOWN, f"within {limit:.0%} of the median", f"{runs} of {AT_LEAST} earlier runs")
        return
    median = float(asked["median_s"])
    most = median * (1 + limit)
    target = f"at most {most:.2f} s: {limit:.0%} over the median of {runs} comparable runs"
    told = f"median {median:.2f} s, spread {float(asked['spread_s']):.2f} s"
    rta = whole(evidence, {register: figures(evidence, register) for register in evidence.registers}).rta_s
    if rta is None:
        yield _finding(Verdict.UNKNOWN, target, f"no RTA; {told}")
        return
    verdict = Verdict.MISSED if rta > most else Verdict.MET
    yield _finding(verdict, target, f"{rta:.2f} s; {told}")


def _finding(verdict: Verdict, target: str, actual: str) -> Finding:
    says = f"The recovery time beside comparable earlier runs: {actual}; the limit is {target}."
    return Finding("regression", "drill", verdict, target, actual, says)
