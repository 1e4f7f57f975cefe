"""The result for programs: one document, described by report.schema.json beside this file.

`{schema_version, runs: [...], summary}`. A figure that does not exist is null.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from drill.evidence import SCHEMA_VERSION
from drill.measures import Figures
from drill.result import Judged, Summary
from drill.spread import Spread
from drill.verdict import Finding

SCHEMA = Path(__file__).with_name("report.schema.json")
_TOLD = ("file", "why", "drill_version", "python", "machine", "people", "seed", "serve", "outage", "recovery", "copy")


def document(runs: Sequence[Judged], exit_code: int) -> dict[str, Any]:
    """Of all runs of one call; `exit_code` is the one that the program ends with."""
    summary = Summary.over(runs)
    return {
        "schema_version": SCHEMA_VERSION,
        "runs": [run_document(run) for run in runs],
        "summary": {
            "runs": len(runs),
            "exit_code": exit_code,
            "verdict": str(summary.verdict),
            "as_expected": summary.as_expected,
            "rta_s": _spread(summary.rta_s),
            "rpa_s": _spread(summary.rpa_s),
        },
    }


def text(runs: Sequence[Judged], exit_code: int) -> str:
    """The document as it is written; ASCII, so that nothing in it can act on a terminal."""
    return json.dumps(document(runs, exit_code), indent=2, allow_nan=False) + "\n"


def run_document(run: Judged) -> dict[str, Any]:
    """Of one run; also what result.json of its folder holds."""
    evidence, result, began = run.evidence, run.result, run.evidence.began
    started = evidence.first("began")
    return {
        "run_id": run.run_id or None,
        "scenario": result.scenario,
        "host": began.get("host"),
        "postgres": began.get("postgres"),
        "started_at": None if started is None else started.at.isoformat(),
        "verdict": str(result.verdict),
        "expected": {c: r if isinstance(r, str) else sorted(r) for c, r in sorted(result.expected.items())},
        "manners": {check: asdict(manner) for check, manner in sorted(result.manners.items())},
        "as_expected": result.as_expected,
        "exit_code": result.exit_code,
        "comparable": not run.incomparable,
        "incomparable_because": list(run.incomparable),
        "overridden": list(began.get("overridden", [])),
        "slowest": run.slowest,
        **_figures(run.total),
        "registers": {r: {**_figures(f), "verdict": str(run.verdict_of(r))} for r, f in run.figures.items()},
        "findings": [_finding(run, finding) for finding in result.findings],
        "link": _link(run),
        **{name: began.get(name) for name in _TOLD},
    }


def _link(run: Judged) -> dict[str, Any] | None:
    asked = run.evidence.began.get("link")
    if not asked:
        return None
    return {"asked": dict(asked), "measured": (run.link or {}).get("measured")}


def _spread(spread: Spread) -> dict[str, Any]:
    return {**asdict(spread), "bounds": [asdict(bound) for bound in spread.bounds]}


def _figures(figures: Figures) -> dict[str, Any]:
    return {**asdict(figures), "phases": [asdict(phase) for phase in figures.phases]}


def _finding(run: Judged, finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "register": finding.register,
        "verdict": str(finding.verdict),
        "target": finding.target,
        "actual": finding.actual,
        "says": finding.says,
        "amount": finding.amount,
        "surprising": run.result.surprising(finding),
    }
