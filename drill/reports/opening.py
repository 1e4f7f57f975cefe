"""The first words of a report: the verdict in one sentence, and what it stood on."""

from __future__ import annotations

from drill.link import described
from drill.proofs import fence_of, ledger_gap, outage_gap
from drill.reports.text import duration
from drill.result import Judged
from drill.verdict import Verdict

FACTS = (
    *(("run", "run_id"), ("scenario file", "file"), ("host", "host"), ("because", "why"), ("PostgreSQL", "postgres")),
    *(("people", "people"), ("seed", "seed"), ("outage", "outage"), ("recovery", "recovery"), ("copy", "copy")),
    *(("citizens let in", "serve"), ("drill", "drill_version"), ("Python", "python"), ("machine", "machine")),
)


def environment(run: Judged) -> list[tuple[str, str]]:
    """What was played and where, by name."""
    began, started = run.evidence.began, run.evidence.first("began")
    told = [(name, str(began[key])) for name, key in FACTS if began.get(key) not in (None, "")]
    if started is not None:
        told.append(("started", f"{started.at:%Y-%m-%d %H:%M:%S %Z}"))
    if run.link is not None:
        told.append(("link between the sites", described(run.link)))
    return told


def expectation(run: Judged) -> str:
    """Whether it came out as the scenario says."""
    return "as expected" if run.result.as_expected else "not as expected"


def sentence(run: Judged) -> str:
    """What a reader who reads nothing else must know."""
    match run.result.verdict:
        case Verdict.MET:
            return _met(run)
        case Verdict.MISSED:
            return _missed(run)
        case _:
            return _unknown(run)


def _met(run: Judged) -> str:
    total, lost = run.total, len(run.evidence.lost)
    said = f"{_registers(lost)} recovered within the objectives"
    if run.slowest and total.rta_s is not None:
        said += f", the slowest, {run.slowest}, {duration(total.rta_s)} after the strike"
    return f"{said}; {_loss(run)}."


def _loss(run: Judged) -> str:
    total = run.total
    if total.lost is None or total.acked is None:
        return "how much acknowledged work is gone is not known"
    if not total.lost:
        return f"none of {total.acked} acknowledged transactions is lost"
    verb = "is" if total.lost == 1 else "are"
    return f"{total.lost} of {total.acked} acknowledged transactions {verb} lost, within the objective"


def _registers(count: int) -> str:
    return "The one register that was lost is" if count == 1 else f"All {count} registers that were lost are"


def _missed(run: Judged) -> str:
    missed = [f for f in run.result.findings if f.verdict is Verdict.MISSED]
    registers = {f.register for f in missed if f.register != "drill"}
    checks = list(dict.fromkeys(f.check for f in missed))
    of = f" in {len(registers)} of {len(run.figures)} registers" if registers else ""
    said = f"{_names(checks)} {'was' if len(checks) == 1 else 'were'} missed{of}"
    if run.result.as_expected:
        return f"{said}, which is what this scenario is to show."
    return f"{said}."


def _unknown(run: Judged) -> str:
    if not run.result.findings:
        return "Nothing was judged, so nothing is known."
    fence = fence_of(run.evidence)
    gap = outage_gap(run.evidence) or ledger_gap(run.evidence)
    if gap is None and fence.fence == "unproven":
        gap = fence.reason
    unknown = sum(f.verdict is Verdict.UNKNOWN for f in run.result.findings)
    why = f": {gap}" if gap else ""
    count = f"{unknown} of {len(run.result.findings)} findings {'is' if unknown == 1 else 'are'} unknown"
    return f"Nothing was missed, but {count}{why}."


def _names(checks: list[str]) -> str:
    if len(checks) == 1:
        return checks[0]
    return f"{', '.join(checks[:-1])} and {checks[-1]}"
