"""Small drills at three sizes, really played, and the estimate that comes of them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def drill(*arguments: object) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "drill", *map(str, arguments)]
    return subprocess.run(argv, capture_output=True, text=True, timeout=600, check=False)


def test_without_three_sizes_there_is_no_estimate(tmp_path: Path) -> None:
    refused = drill("project", "--people", 13000, "--runs", tmp_path)
    assert refused.returncode == 2
    assert "no scenario was drilled at 3 sizes alike in all else" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ((), "say at which size"),
        (("--people", 5, "--size", "2TB"), "say at which size"),
        (("--size", "2"), "is no size"),
        (("--people", 5, "--link", "1Gbps"), "did you mean 1Gbit/s?"),
        (("--people", 5, "--rtt", "38"), "has no unit"),
        (("--people", 5, "--rtt", "9s"), "is longer than 5s"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(options: tuple[object, ...], says: str, tmp_path: Path) -> None:
    refused = drill("project", *options, "--runs", tmp_path)
    assert refused.returncode == 2
    assert says in " ".join(refused.stderr.replace("│", "").split())


@pytest.mark.soak
def test_drills_at_three_sizes_make_an_estimate(tmp_path: Path) -> None:
    whole = (ROOT / "scenarios" / "dc-fire.yaml").read_text(encoding="utf-8")
    (file := tmp_path / "small.yaml").write_text(whole.replace("registers: all", "registers: [population, land]"))
    for people in (1000, 3000, 9000):
        played = drill("run", file, "--on", "embedded", "--people", people, "--runs", tmp_path / "runs", "--quiet")
        assert played.returncode == 0, played.stderr
    asked = ("--people", 90_000, "--link", "1Gbit/s", "--rtt", "38ms", "--runs", tmp_path / "runs", "--json", "-")
    told = drill("project", file, *asked)
    assert told.returncode == 0, told.stderr
    document: dict[str, Any] = json.loads(told.stdout)
    assert document["sizes"] == [1000, 3000, 9000]
    assert document["factor"] == 10
    assert document["data_bytes"]["grows"] is True
    assert document["transfer_s"] == pytest.approx(document["data_bytes"]["expected"] * 8 / 1e9 + 0.038)
    sums = sum(phase["expected"] for phase in document["phases"])
    assert document["rta_s"]["expected"] == pytest.approx(sums)
    assert document["rta_s"]["low"] <= document["rta_s"]["expected"] <= document["rta_s"]["high"]
    assert {"detect", "declare", "fetch", "replay", "verify"} <= {phase["name"] for phase in document["phases"]}
