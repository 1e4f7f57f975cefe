"""The result for CI: one suite for each run, one testcase for each check and register.

missed: failure; unknown: error; does not apply: skipped. A miss that the scenario expects passes, and says so.
"""

import xml.etree.ElementTree as ET  # written here, never parsed
from collections.abc import Sequence
from dataclasses import fields

from drill.measures import Figures
from drill.reports.text import clean
from drill.reports.unchecked import Unchecked, not_applicable
from drill.result import Judged
from drill.verdict import Finding, Verdict


def junit(runs: Sequence[Judged]) -> str:
    """A surprise is a failure, what is unknown an error. A miss that the scenario expects passes, and says so."""
    root = ET.Element("testsuites", name="drill")
    for run in runs:
        root.append(_suite(run))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(run: Judged) -> ET.Element:
    findings, skipped = run.result.findings, list(not_applicable(run))
    suite = ET.Element("testsuite", name=clean(f"{run.result.scenario} {run.run_id}".strip()))
    suite.set("tests", str(len(findings) + len(skipped)))
    suite.set("failures", str(sum(run.result.surprising(f) for f in findings)))
    suite.set("errors", str(sum(f.verdict is Verdict.UNKNOWN for f in findings)))
    suite.set("skipped", str(len(skipped)))
    started = run.evidence.first("began")
    if started is not None:
        suite.set("timestamp", started.at.isoformat(timespec="seconds"))
    properties = ET.SubElement(suite, "properties")
    for name, value in _properties(run):
        ET.SubElement(properties, "property", name=name, value=clean(value))
    for finding in findings:
        suite.append(_case(run, finding))
    suite.extend(_skipped(run, each) for each in skipped)
    return suite


def _properties(run: Judged) -> list[tuple[str, str]]:
    told = [(name, str(run.evidence.began.get(name, ""))) for name in ("run_id", "host", "postgres")]
    told += [("verdict", str(run.result.verdict)), ("as_expected", str(run.result.as_expected).lower())]
    figures = [(f.name, getattr(run.total, f.name)) for f in fields(Figures) if f.name != "phases"]
    return told + [(name, "" if value is None else str(value)) for name, value in figures]


def _case(run: Judged, finding: Finding) -> ET.Element:
    case = _named(run, finding.check, finding.register)
    says = clean(f"{finding.says}\nverdict: {finding.verdict}\ntarget: {finding.target}\nactual: {finding.actual}")
    if finding.verdict is Verdict.UNKNOWN:
        ET.SubElement(case, "error", message=clean(finding.actual), type="unknown").text = says
    elif run.result.surprising(finding):
        kind = "missed" if finding.verdict is Verdict.MISSED else "met, though a miss was expected"
        ET.SubElement(case, "failure", message=clean(finding.actual), type=kind).text = says
    elif finding.verdict is Verdict.MISSED:
        ET.SubElement(case, "system-out").text = f"missed, as expected\n{says}"
    return case


def _skipped(run: Judged, unchecked: Unchecked) -> ET.Element:
    case = _named(run, unchecked.check, unchecked.register)
    ET.SubElement(case, "skipped", message=clean(f"does not apply: {unchecked.why}"))
    return case


def _named(run: Judged, check: str, register: str) -> ET.Element:
    name, classname = clean(f"{check}[{register}]"), clean(f"{run.result.scenario}.{check}")
    return ET.Element("testcase", name=name, classname=classname)
