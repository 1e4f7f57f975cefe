"""What came out of verifying a copy, told to a person, to programs and to CI."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET  # written here, never parsed
from dataclasses import asdict
from pathlib import Path

from drill.reports import Wanted, speak_anyway, write_each
from drill.reports.text import clean, printable
from drill.verdict import Verdict
from drill.verified import Verified

_SCHEMA_VERSION = 1


def deliver_verified(verified: Verified, wanted: Wanted) -> None:
    """Show the result and write what is wanted. A document on the standard output stands there alone."""
    if wanted.json != "-" and wanted.junit != "-":
        speak_anyway()
        print(plain(verified, brief=wanted.quiet))  # noqa: T201
    documents = [(wanted.junit, junit(verified)), (wanted.json, text(verified))]
    hint = "choose another file for the report, and verify again"
    write_each([(target, document) for target, document in documents if target is not None], hint)


def plain(verified: Verified, *, brief: bool = False) -> str:
    """The verdict, each finding that is not met (all of them unless brief), and what was not checked."""
    lines = [f"{verified.copy}: {verified.verdict}"]
    lines += [f"  {verified.form}, brought up with PostgreSQL {verified.postgres} ({verified.host}: {verified.apart})"]
    lines += [f"  sealed: {verified.how or 'never'}; verified in {verified.seconds:.1f} s"]
    for finding in verified.findings:
        if finding.verdict is not Verdict.MET or not brief:
            lines.append(f"  {finding.verdict:<7}  {finding.register}: {finding.check}: {finding.actual}")
    if not brief:
        lines += [f"  not checked: {what}" for what in verified.unchecked]
    return "\n".join(printable(line) for line in lines)


def text(verified: Verified) -> str:
    """The document for programs; ASCII, so that nothing in it can act on a terminal."""
    document = {
        "schema_version": _SCHEMA_VERSION,
        **asdict(verified),
        "verdict": str(verified.verdict),
        "exit_code": verified.exit_code,
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def junit(verified: Verified) -> str:
    """One suite, one testcase for each finding: missed is a failure, unknown an error."""
    name = clean(f"verify {Path(verified.copy).name}")
    suite = ET.Element("testsuite", name=name, tests=str(len(verified.findings)))
    suite.set("failures", str(sum(f.verdict is Verdict.MISSED for f in verified.findings)))
    suite.set("errors", str(sum(f.verdict is Verdict.UNKNOWN for f in verified.findings)))
    for finding in verified.findings:
        case = ET.SubElement(suite, "testcase", name=clean(f"{finding.check}[{finding.register}]"), classname=name)
        if finding.verdict is not Verdict.MET:
            tag = "failure" if finding.verdict is Verdict.MISSED else "error"
            told = ET.SubElement(case, tag, message=clean(finding.actual), type=str(finding.verdict))
            told.text = clean(f"{finding.says}\ntarget: {finding.target}\nactual: {finding.actual}")
    root = ET.Element("testsuites", name="drill")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"
