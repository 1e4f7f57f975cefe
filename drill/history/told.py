"""The history as plain lines for people."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from drill.actions import Action
from drill.history.overdue import Due
from drill.history.records import KIN, Record
from drill.history.trends import Baseline, apart, kinships, short
from drill.phases import summed
from drill.reports.text import amount, duration, printable

_BAR = 30  # columns of the longest
_WORST = {"missed": 0, "unknown": 1, "met": 2}


def listed(records: Sequence[Record]) -> Iterator[str]:
    """A line for each run."""
    columns = ("began", "run", "scenario", "host", "verdict", "expected", "RTA", "RPA")
    yield from table([columns, *(_line(record) for record in records)], right=2)


def _line(record: Record) -> tuple[str, ...]:
    expected = "yes" if record.as_expected else "no"
    first = (moment(record.began_at), record.run_id, record.scenario, record.host, str(record.verdict), expected)
    return *first, duration(record.rta_s), duration(record.rpa_s)


def shown(record: Record) -> Iterator[str]:
    """Everything about one run that an officer asks first; the rest is in its evidence folder."""
    expected = "as expected" if record.as_expected else "not as expected"
    yield f"{record.scenario}: {record.verdict}, {expected}"
    yield f"  run {record.run_id}, began {moment(record.began_at)}, took {duration(record.took_s)}"
    yield f"  played by {record.ran_by or 'somebody unknown'}, declared by {record.declared_by or 'nobody'}"
    yield f"  {record.host}, machine {record.machine or 'unknown'}"
    yield f"  PostgreSQL {record.postgres}, drill {record.drill_version}"
    yield f"  {record.people} people, seed {record.seed}, scenario file {record.scenario_sha256[:16] or 'unknown'}"
    yield from ("", *table([_PARTS, *(_part(each) for each in record.registers)], right=6))
    phases = record.document.get("phases") or []
    if phases:
        rows = [("phase", "time"), *((str(each["name"]), duration(each["seconds"])) for each in phases)]
        yield from ("", *table(rows, right=1))
    wrong = [each for each in record.document.get("findings", []) if each["verdict"] != "met"]
    for each in sorted(wrong, key=lambda finding: _WORST.get(finding["verdict"], 0)):
        yield f"  {each['check']} ({each['register']}) {each['verdict']}: {each['says']}"
    for reason in record.document.get("incomparable_because", []):
        yield f"  not comparable: {reason}"


_PARTS = ("register", "verdict", "RTA", "RTO", "RPA", "RPO", "lost", "acknowledged")


def _part(each: Any) -> tuple[str, ...]:
    times = map(duration, (each.rta_s, each.rto_s, each.rpa_s, each.rpo_s))
    return each.register, str(each.verdict), *times, amount(each.lost), amount(each.acked)


def trend(records: Sequence[Record]) -> Iterator[str]:
    """The RTA of the runs that may be compared, kin by kin, with the median and the spread of each."""
    for kin, runs in kinships(records).items():
        yield ", ".join(f"{what} {short(value)}" for what, value in zip(KIN, kin, strict=True))
        longest = max((run.rta_s for run in runs if run.rta_s is not None), default=0.0)
        yield from (f"  {line}" for line in table([_bar(run, longest) for run in runs], right=0))
        baseline = Baseline.of(runs)
        if baseline is not None:
            spread = duration(baseline.spread_s)
            yield f"  median of the latest {baseline.runs}: {duration(baseline.median_s)}, spread (MAD) {spread}"
        yield ""
    if left := sum(not record.comparable for record in records):
        yield f"{left} runs are left out: they broke, were paused, overridden, or not tried in time"


def _bar(run: Record, longest: float) -> tuple[str, ...]:
    filled = round(_BAR * run.rta_s / longest) if run.rta_s and longest else 0
    return moment(run.began_at), run.run_id, f"{duration(run.rta_s):>10}", "#" * filled, str(run.verdict)


def compared(one: Record, other: Record) -> Iterator[str]:
    """Two runs side by side, register by register and phase by phase; first of all whether they may be compared."""
    for reason in apart(one, other):
        yield f"not comparable: {reason}"
    rows = [("", one.run_id, other.run_id, "change"), ("verdict", str(one.verdict), str(other.verdict), "")]
    rows += [_change("RTA", one.rta_s, other.rta_s), _change("RPA", one.rpa_s, other.rpa_s)]
    parts = [{part.register: part for part in record.registers} for record in (one, other)]
    for name in dict.fromkeys([*parts[0], *parts[1]]):
        times = [each[name].rta_s if name in each else None for each in parts]
        rows.append(_change(f"RTA of {name}", times[0], times[1]))
    phases = [summed((p["name"], p["seconds"]) for p in each.document.get("phases") or []) for each in (one, other)]
    for name in dict.fromkeys([*phases[0], *phases[1]]):
        rows.append(_change(f"phase {name}", phases[0].get(name), phases[1].get(name)))
    yield from table(rows, right=3)


def _change(what: str, one: float | None, other: float | None) -> tuple[str, str, str, str]:
    told = "" if one is None or other is None else f"{other - one:+.2f} s"
    if told and one:
        told += f" ({(other or 0) / one - 1:+.0%})"
    return what, duration(one), duration(other), told


def due(dues: Iterable[Due], since: datetime) -> Iterator[str]:
    """Each scenario and register with its last good drill; those that are overdue say so."""
    rows = []
    for each in dues:
        shown_at = "never" if each.shown_at is None else moment(each.shown_at)
        state = "overdue" if each.overdue(since) else "ok"
        rows.append((state, each.kind, each.name, shown_at, each.run_id or ""))
    yield from table(rows, right=0)


def expected(records: Sequence[Record]) -> str:
    """How long the drill took before, for `drill plan`; one sentence."""
    fine = [record for record in records if record.comparable]
    took = [record.took_s for record in fine if record.took_s is not None]
    rtas = [record.rta_s for record in fine if record.rta_s is not None]
    if not took or not rtas:
        return "nobody knows, it has not been played here yet"
    median, plural = duration(statistics.median(rtas)), "s" if len(fine) > 1 else ""
    return (
        f"in {len(fine)} earlier run{plural} (median): {duration(statistics.median(took))} in all, RTA {median};"
        f" the longest RTA was {duration(max(rtas))}"
    )


def moment(at: datetime) -> str:
    """As a person reads it, in UTC."""
    return f"{at:%Y-%m-%d %H:%M}"


def table(rows: Sequence[tuple[str, ...]], right: int) -> Iterator[str]:
    """Columns beneath one another; the last `right` of them are figures."""
    if not rows:
        return
    clean = [tuple(map(printable, row)) for row in rows]
    widths = [max(map(len, column)) for column in zip(*clean, strict=True)]
    figures = len(widths) - right
    for row in clean:
        cells = (
            cell.rjust(w) if n >= figures else cell.ljust(w)
            for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def actions(every: Sequence[Action]) -> Iterator[str]:
    """A line for each; those past their day say so."""
    today = datetime.now(UTC).date()
    rows = []
    for each in every:
        state = "overdue" if each.overdue(today) else "open" if each.open else "closed"
        until = "" if each.due is None else each.due.isoformat()
        rows.append((str(each.number), state, until, each.owner, each.scenario, each.what, each.outcome))
    yield from table(rows, right=0) if rows else ["there are none"]
