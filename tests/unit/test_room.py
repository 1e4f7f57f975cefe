"""Whether there is memory for a drill is looked at before anything is made, where the kernel tells it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from drill.errors import CannotRun
from drill.hosts import checkup, limits
from drill.rehearsal import Rehearsal
from drill.scenario import Scenario
from drill.scenario.plan import estimated_memory, plan_of
from tests.unit.mistakes import GOOD

SHELF = Path(__file__).parents[2] / "scenarios"
LITTLE, MUCH = "MemTotal:  900 kB\nMemFree: 10 kB\nMemAvailable:     800 kB\n", "MemAvailable:   64000000 kB\n"


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the kernel would tell it; nothing is there yet."""
    monkeypatch.setattr(limits, "_MEMORY", tmp_path / "meminfo")
    return tmp_path / "meminfo"


@pytest.mark.parametrize(
    ("text", "bytes_"),
    [
        (LITTLE, 800 * 1024),
        (MUCH, 64_000_000 * 1024),
        ("MemFree: 10 kB\n", None),
        ("", None),
        ("MemAvailable: x kB", None),
    ],
)
def test_what_the_kernel_says_is_left(told: Path, text: str, bytes_: int | None) -> None:
    told.write_text(text)
    assert limits.free_memory() == bytes_


def test_where_it_does_not_say_nothing_is_known(told: Path) -> None:
    assert limits.free_memory() is None
    told.write_bytes(b"\xff\xfe")
    assert limits.free_memory() is None


def rehearsal(runs: Path, premises: object = None) -> Rehearsal:
    return Rehearsal(Scenario.read(GOOD.encode(), named="f"), Path("f"), GOOD, cast("Any", premises), runs)


def test_too_little_is_refused_before_anything_is_made(told: Path, tmp_path: Path) -> None:
    told.write_text(LITTLE)
    with pytest.raises(
        CannotRun, match=r"0\.0 GB of memory are left, and this drill needs about [0-9.]+ GB"
    ) as refused:
        rehearsal(tmp_path / "runs").play(lambda _: None)
    assert "fewer citizens" in refused.value.hint
    assert not (tmp_path / "runs").exists()


class NoDisk:
    """Premises that are asked for their disk next."""

    def room(self) -> tuple[int, str]:
        return 0, "/nowhere"


@pytest.mark.parametrize("text", [MUCH, ""])
def test_enough_or_unknown_goes_on_to_the_disk(told: Path, tmp_path: Path, text: str) -> None:
    told.write_text(text)
    with pytest.raises(CannotRun, match=r"/nowhere has 0\.0 GB free"):
        rehearsal(tmp_path / "runs", NoDisk()).play(lambda _: None)
    assert not (tmp_path / "runs").exists()


def test_more_citizens_need_more_and_the_plan_says_how_much() -> None:
    few, many = (
        Scenario.read(GOOD.replace("per_second: 40", f"per_second: {n}").encode(), named="f") for n in (40, 400)
    )
    assert estimated_memory(few) < estimated_memory(many) < 10e9
    assert f"memory      about {estimated_memory(many) / 1e9:.1f} GB (estimated)" in plan_of(many, "embedded")


@pytest.mark.parametrize("path", sorted(SHELF.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_shipped_scenario_asks_for_a_large_machine(path: Path) -> None:
    assert estimated_memory(Scenario.load(path)) < 4e9


@pytest.mark.parametrize(
    ("text", "state", "says"),
    [(LITTLE, "warn", "0.0 GiB available"), (MUCH, "ok", "61.0 GiB available"), ("", "warn", "no drill looks first")],
)
def test_doctor_says_how_much_or_that_nobody_knows(told: Path, text: str, state: str, says: str) -> None:
    told.write_text(text)
    check = checkup._memory("memory")
    assert (check.state, says in check.says) == (state, True)
    assert bool(check.fix) == (state == "warn")
