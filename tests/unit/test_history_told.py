"""The history as people read it."""

from __future__ import annotations

import json
import re

from drill.history import Record
from drill.history.told import compared, shown, trend
from tests.unit.test_history import record


def test_a_run_is_shown_with_its_registers_phases_and_misses() -> None:
    told = "\n".join(shown(record(1)))
    for words in ("power loss: met", "played by clerk, declared by officer", "land", "detect"):
        assert words in told
    finding = {"check": "content", "register": "land", "verdict": "missed", "says": "It lacks a row."}
    document = {**record(1).document, "findings": [finding]}
    assert "content (land) missed: It lacks a row." in "\n".join(shown(record(1, document=document)))


def test_a_trend_keeps_kins_apart_and_says_what_is_left_out() -> None:
    records = [record(3, rta_s=2.0), record(2, rta_s=4.0), record(1, machine="m2"), record(0, comparable=False)]
    told = "\n".join(trend(records))
    assert "machine m1" in told
    assert "machine m2" in told
    assert "median of the latest 2: 3.00 s" in told
    assert "1 runs are left out" in told


def test_two_runs_are_set_side_by_side_with_what_keeps_them_apart() -> None:
    told = "\n".join(compared(record(1, rta_s=2.0), record(2, rta_s=3.0, host="docker")))
    assert "not comparable: another host: embedded and docker" in told
    assert "+1.00 s (+50%)" in told


def test_a_phase_that_came_twice_is_compared_by_all_of_its_time() -> None:
    def of(*queued: float) -> Record:
        phases = [{"name": "queue", "seconds": seconds} for seconds in queued]
        return record(1, document={**record(1).document, "phases": phases})

    told = "\n".join(compared(of(1.0, 0.5, 0.25), of(2.0, 0.25)))
    assert re.search(r"^phase queue +1\.75 s +2\.25 s +\+0\.50 s", told, re.M)


def test_the_document_of_a_record_is_what_the_json_report_tells() -> None:
    kept = record(1)
    assert json.loads(json.dumps(kept.document))["verdict"] == str(kept.verdict)
