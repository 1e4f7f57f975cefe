"""The report as one HTML file: no script, no network, for the screen, for a telephone and for A4.

Whatever is put into it is shown as text: the templates escape everything, and nothing that acts on a reader (control
characters, marks that turn the direction of writing) gets there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from drill.reports import unchecked
from drill.reports.after_action import groups
from drill.reports.bars import Bars, acts, phases
from drill.reports.drawing import Sheet
from drill.reports.exhibits import exhibit
from drill.reports.findings import all_findings, notable
from drill.reports.opening import environment, expectation, sentence
from drill.reports.plots import Plot, plots
from drill.reports.progress import sentence_of
from drill.reports.ratings import RATINGS, ratings
from drill.reports.series import service
from drill.reports.text import BOUNDS, amount, bounds, duration, printable
from drill.result import Judged, Summary
from drill.verdict import Verdict

if TYPE_CHECKING:
    from drill.dossier import Dossier

_TEMPLATES = Path(__file__).with_name("templates")
_NARROW = 336.0  # what a telephone of 360 px leaves
_MOST_EVENTS = 400
_SIGNS = {Verdict.MET: "✓", Verdict.MISSED: "✗", Verdict.UNKNOWN: "?"}


def html(dossiers: Sequence[Dossier]) -> str:
    """One part for each run; of several runs also their overview."""
    runs = [dossier.run for dossier in dossiers]
    template, summary = _environment().get_template("report.html.j2"), Summary.over(runs)
    return template.render(
        bounds=[*bounds("RTA", summary.rta_s), *bounds("RPA", summary.rpa_s)],
        bounds_say=BOUNDS,
        pages=[_page(dossier, f"r{n}") for n, dossier in enumerate(dossiers, 1)],
        summary=summary,
        title=", ".join(dict.fromkeys(run.result.scenario for run in runs)) or "no run",
    )


@cache
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(duration=duration, amount=amount)
    made.globals.update(signs=_SIGNS, rating_words=RATINGS)
    return made


def _shown(value: object) -> str:
    """What is put into a template, one line of visible characters; what the templates themselves made stays."""
    if isinstance(value, Markup):
        return value
    if value is None:
        raise TypeError("a template shows something that is not there")
    return printable(value)


def _page(dossier: Dossier, prefix: str) -> dict[str, Any]:
    """What the template of one run is given."""
    run = dossier.run
    return {
        "prefix": prefix,
        "run": run,
        "dossier": dossier,
        "expectation": expectation(run),
        "sentence": sentence(run),
        "registers": [(name, run.verdict_of(name), figures) for name, figures in run.figures.items()],
        "back": sum(run.figures[r].rta_s is not None for r in run.evidence.lost),
        "spans": _drawn(run, prefix, acts),
        "phases": _drawn(run, prefix, phases),
        "plots": list(_plots(run, prefix)),
        "notable": [(finding, exhibit(run, finding)) for finding in notable(run)],
        "findings": list(all_findings(run)),
        "unknown": list(unchecked.unknown(run)),
        "not_applicable": list(_by_reason(run)),
        "limits": unchecked.LIMITS,
        "environment": environment(run),
        "ratings": ratings(run),
        "groups": groups(dossier),
        "log": list(islice(_log(run), _MOST_EVENTS)),
        "log_cut": max(0, sum(1 for _ in _log(run)) - _MOST_EVENTS),
    }


def _drawn(run: Judged, prefix: str, draw: Any) -> list[Bars]:
    """Wide and narrow; none where there is nothing to draw."""
    both = (draw(run, Sheet(f"{prefix}w")), draw(run, Sheet(f"{prefix}n", _NARROW)))
    return [bars for bars in both if bars is not None]


def _plots(run: Judged, prefix: str) -> Iterator[tuple[Plot, Plot]]:
    found = service(run.evidence)
    if found is not None:
        yield from zip(plots(found, Sheet(f"{prefix}w")), plots(found, Sheet(f"{prefix}n", _NARROW)), strict=True)


def _by_reason(run: Judged) -> Iterator[tuple[str, str, list[str]]]:
    """Check, reason and registers of what does not apply."""
    found: dict[tuple[str, str], list[str]] = {}
    for each in unchecked.not_applicable(run):
        found.setdefault((each.check, each.why), []).append(each.register)
    yield from ((check, why, registers) for (check, why), registers in found.items())


def _log(run: Judged) -> Iterator[tuple[str, str, str, str]]:
    """Seconds, wall time, who and what of every event that has a sentence."""
    for event in run.evidence.events:
        said = sentence_of(event)
        if said is not None:
            yield f"{event.elapsed:.2f} s", f"{event.at:%H:%M:%S}", event.who, said
