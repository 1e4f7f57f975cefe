"""What the README shows of copies does what it says, on a server with all registers."""

from __future__ import annotations

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
BLOCKS = [block for block in re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.S) if DSN in block]


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: "dumps" if "--with-dump" in block else "a base backup")
def test_the_examples_of_copies_end_well(block: str, filled: Filled, tmp_path: Path) -> None:
    site = filled.site
    programs = f"{Path(sys.executable).parent}:{binaries.find().folder}:{os.environ['PATH']}"
    script = block.replace(DSN, origin_of(site, tmp_path, "land").dsn)
    ran = subprocess.run(
        ["sh", "-euc", script],
        cwd=tmp_path,
        env={**os.environ, "PATH": programs},
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "met" in ran.stdout


def test_there_are_such_examples() -> None:
    assert len(BLOCKS) == 2
