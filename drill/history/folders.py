"""The record of a run, from the evidence folder that it left."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from drill.errors import ScenarioError
from drill.folder import Folder
from drill.history.records import Record
from drill.judge import judged
from drill.reports.json import run_document


def of_folder(path: Path) -> Record:
    """Judged again. ScenarioError where the folder is that of no run that began."""
    run = judged(Folder(path).read())
    try:
        record = Record.of(run, run_document(run))
    except (ValueError, KeyError) as lacking:
        raise ScenarioError(f"{path}: it cannot be kept: {lacking}", hint="give the folder of a run") from lacking
    scenario = path / "scenario.yaml"
    if record.scenario_sha256 or not scenario.is_file():
        return record
    return replace(record, scenario_sha256=sha256(scenario.read_bytes()).hexdigest())
