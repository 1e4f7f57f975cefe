"""What the README shows of copies and of pipelines does what it says."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from drill.hosts import binaries
from tests.fix_home import origin_of
from tests.fix_site import Filled

README = Path(__file__).parents[2] / "README.md"
DSN = "host=/run/postgresql user=postgres dbname=land"
SHOWN = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
BLOCKS = [block for block in SHOWN if DSN in block]


def ran(script: str, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """A block of the README, in a folder of its own."""
    programs = f"{Path(sys.executable).parent}:{binaries.find().folder}:{os.environ['PATH']}"
    argv, environment = ["sh", "-euc", script], {**os.environ, "PATH": programs, **more}
    return subprocess.run(argv, cwd=folder, env=environment, capture_output=True, text=True, timeout=250, check=False)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "dumps" if "--with-dump" in block else "a base backup")
def test_the_examples_of_copies_end_well(block: str, filled: Filled, tmp_path: Path) -> None:
    ended = ran(block.replace(DSN, origin_of(filled.site, tmp_path, "land").dsn), tmp_path)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "met" in ended.stdout


def test_the_example_of_a_pipeline_ends_well_and_leaves_its_reports(tmp_path: Path) -> None:
    (block,) = [block for block in SHOWN if "drill overdue --every 90d power-loss" in block]
    ended = ran(block, tmp_path, DRILL_HISTORY_URL=f"sqlite:///{tmp_path}/history.sqlite")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "ok  scenario  power loss" in ended.stdout
    (run,) = json.loads((tmp_path / "result.json").read_text())["runs"]
    assert run["as_expected"]
    assert (tmp_path / "result.xml").read_text().startswith("<?xml")


def test_there_are_such_examples() -> None:
    assert len(BLOCKS) == 2
