"""From several sizes to another: true lines are continued, other drills are kept apart, and two sizes are none."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drill.errors import ScenarioError
from drill.judge import judged
from drill.link import Link
from drill.phases import NAMES
from drill.projection import KIN, Drilled, Projection, Wish, project
from drill.reports.projected import json_text, text
from drill.reports.text import bytes_of, size
from tests.unit.stories import BEGAN, GOOD, event, instead, with_events, without

BEGAN_AT = datetime(2030, 1, 1, tzinfo=UTC)
ALIKE = ("dc fire", "embedded", "m", "18", "site_destroyed", "replay", "archive", "after_gate", "none", "land", "none")


def drilled(number: int, people: int, phases: dict[str, float], **other: Any) -> Drilled:
    given: dict[str, Any] = {"kin": ALIKE, "size": 1_000_000 + 5000 * people, **other}
    return Drilled(f"run-{number}", BEGAN_AT + timedelta(hours=number), people=people, phases=phases, **given)


def line(people: int) -> dict[str, float]:
    """A drill whose detection is always alike, and whose replay grows with the people."""
    return {"detect": 0.6, "replay": 1.0 + people / 10_000}


RUNS = tuple(drilled(number, people, line(people)) for number, people in enumerate((1000, 5000, 20_000)))


def far(**other: Any) -> Projection:
    return project(RUNS, Wish(people=1_300_000, **other))


def test_what_grows_is_continued_and_what_does_not_stays() -> None:
    found = far()
    assert {each.name: each.fit.grows for each in found.phases} == {"detect": False, "replay": True}
    assert {each.name: each.at for each in found.phases} == pytest.approx({"detect": 0.6, "replay": 131.0})
    assert found.total.at == pytest.approx(131.6)
    assert found.total.fit.grows is True
    assert found.factor == 65
    assert found.sizes == (1000, 5000, 20_000)


def test_what_the_scenario_states_is_no_line_over_the_data_however_it_scatters() -> None:
    odd = [replace(run, phases={**run.phases, "detect": 0.5 + run.people / 40_000}) for run in RUNS]
    (detect, _) = project(odd, Wish(people=1_300_000)).phases
    assert (detect.name, detect.fit.grows, detect.fit.r2) == ("detect", False, None)
    assert detect.at == pytest.approx(0.5 + (1000 + 5000 + 20_000) / 3 / 40_000)
    assert detect.low <= detect.at <= detect.high < 3


def test_databases_of_as_many_people_are_one_size() -> None:
    again = [replace(run, run_id="again", size=(run.size or 0) + 8192) for run in RUNS]
    assert project((*RUNS, *again), Wish(size=10**12)).sizes == (6_004_096, 26_004_096, 101_004_096)
    with pytest.raises(ScenarioError):
        project((*RUNS[:2], *again[:2]), Wish(size=10**12))


def test_runs_that_scatter_are_said_to_tell_little() -> None:
    noise = [replace(run, phases={"replay": 3.0 + (-1) ** n * 2.9}) for n, run in enumerate((*RUNS, *RUNS))]
    assert "wider than the estimate, which says little" in " ".join(text(project(noise, Wish(people=10**6))).split())
    assert "which says little" not in " ".join(text(far()).split())


def test_the_data_at_that_size_and_the_least_that_a_link_takes_for_it() -> None:
    found = far(link=Link.model_validate({"rtt": "38ms", "bandwidth": "1Gbit/s"}))
    assert found.data is not None
    assert found.data.at == pytest.approx(6.501e9)
    assert found.transfer_s == pytest.approx(6.501e9 * 8 / 1e9 + 0.038)
    assert far().transfer_s is None


def test_a_size_in_bytes_is_a_line_over_bytes() -> None:
    found = project(RUNS, Wish(size=2 * 10**12, link=Link.model_validate({"bandwidth": "1Gbit/s"})))
    assert found.total.at == pytest.approx(1.6 + (2 * 10**12 - 10**6) / 5000 / 10_000)
    assert found.transfer_s == pytest.approx(16_000)
    assert found.data is None


def test_databases_that_are_nearly_as_large_are_no_sizes_however_many_people_are_in_them() -> None:
    alike = [replace(run, size=58_100_000 + 1_000_000 * n) for n, run in enumerate(RUNS)]
    with pytest.raises(ScenarioError, match=r"1000, 5000, 20000 people, in databases of 58\.1 to 60\.1 MB"):
        project(alike, Wish(size=2 * 10**12))
    assert project(alike, Wish(people=1_300_000)).sizes == (1000, 5000, 20_000)


@given(
    st.lists(st.integers(100, 100_000), min_size=3, max_size=8, unique=True).filter(lambda n: max(n) >= 2 * min(n)),
    st.dictionaries(st.sampled_from(NAMES[3:]), st.tuples(st.floats(0, 60), st.floats(0, 1e-3)), min_size=1),
)
def test_true_lines_of_any_phases_add_up(sizes: list[int], lines: dict[str, tuple[float, float]]) -> None:
    runs = [drilled(n, p, {name: a + b * p for name, (a, b) in lines.items()}) for n, p in enumerate(sizes)]
    found = project(runs, Wish(people=1_000_000))
    truth = sum(a + b * 1_000_000 for a, b in lines.values())
    assert found.total.at == pytest.approx(truth, rel=1e-3, abs=1e-2)
    assert found.total.at == pytest.approx(sum(each.at for each in found.phases))
    assert found.total.low - 1e-6 <= found.total.at <= found.total.high + 1e-6


@pytest.mark.parametrize(
    ("runs", "says"),
    [
        ((), "no usable run of any scenario was found"),
        (RUNS[:2], "dc fire on embedded was drilled with 1000, 5000 people"),
        ((*RUNS[:2], RUNS[1]), "dc fire on embedded was drilled with 1000, 5000 people"),
        ((*RUNS[:2], replace(RUNS[2], kin=("dc fire", "docker", *ALIKE[2:]))), "was drilled with 1000, 5000 people"),
        (tuple(replace(run, people=13_000 + n) for n, run in enumerate(RUNS)), "with 13000, 13001, 13002 people"),
        (tuple(replace(run, people=5000) for run in RUNS), "drilled with 5000 people"),
    ],
)
def test_fewer_than_three_sizes_alike_are_refused(runs: tuple[Drilled, ...], says: str) -> None:
    with pytest.raises(ScenarioError, match="no scenario was drilled at 3 sizes") as refused:
        project(runs, Wish(people=1_300_000))
    assert says in str(refused.value)
    assert refused.value.exit_code == 2
    assert "--people N" in refused.value.hint


def test_a_scenario_of_which_there_is_no_run_is_named() -> None:
    with pytest.raises(ScenarioError, match="no usable run of nope was found"):
        project(RUNS, Wish(people=1_300_000), "nope")


@pytest.mark.parametrize("place", range(len(KIN)))
def test_runs_that_differ_in_anything_but_size_are_kept_apart(place: int) -> None:
    odd = tuple("other" if number == place else told for number, told in enumerate(ALIKE))
    others = tuple(replace(run, kin=odd, phases={"replay": 99.0}) for run in RUNS[:2])
    assert project((*RUNS, *others), Wish(people=20_000)).total.at == pytest.approx(3.6)
    with pytest.raises(ScenarioError):
        project((*RUNS[:2], *others), Wish(people=20_000))


def test_of_several_that_would_do_the_latest_is_taken_or_the_one_that_is_named() -> None:
    later = tuple(
        replace(run, kin=("power loss", *ALIKE[1:]), began=run.began + timedelta(days=1), phases={"promote": 0.1})
        for run in RUNS
    )
    assert project((*later, *RUNS), Wish(people=10_000)).kin[0] == "power loss"
    assert project((*later, *RUNS), Wish(people=10_000), "dc fire").kin[0] == "dc fire"


def test_runs_that_do_not_tell_their_bytes_are_no_line_over_bytes() -> None:
    silent = [replace(run, size=None) for run in RUNS]
    with pytest.raises(ScenarioError, match="no usable run"):
        project(silent, Wish(size=10**12))
    assert project(silent, Wish(people=10**6)).data is None


# -- from evidence -----------------------------------------------------------------------------------------------------


def test_a_run_gives_its_phases_and_the_bytes_that_were_sealed() -> None:
    run = judged(with_events(GOOD, event(0.5, "sealed", register="land", bytes=8_000_000)))
    plain = Drilled.of(run)
    assert plain.size == 8_000_000
    assert plain.people == BEGAN["people"]
    assert sum(plain.phases.values()) == pytest.approx(run.total.rta_s)
    assert plain.kin[KIN.index("scenario")] == GOOD.scenario
    assert Drilled.of(judged(GOOD)).size is None


@pytest.mark.parametrize(
    ("story", "why"),
    [
        (with_events(GOOD, event(15, "paused"), event(16, "resumed")), "paused for"),
        (without(GOOD, "outage proven"), "no recovery time"),
        (replace(GOOD, events=()), "another scenario"),
        (instead(GOOD, "began", **{**BEGAN, "overridden": ["calm"]}), "another scenario"),
    ],
)
def test_a_run_that_no_line_can_go_through_says_why(story: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Drilled.of(judged(story))


def test_a_run_with_other_people_or_objectives_is_as_good_as_any() -> None:
    assert Drilled.of(judged(instead(GOOD, "began", **{**BEGAN, "overridden": ["people", "seed", "rto"]})))


# -- told --------------------------------------------------------------------------------------------------------------


def test_an_estimate_is_never_told_without_its_warning() -> None:
    found = far(link=Link.model_validate({"rtt": "38ms", "bandwidth": "1Gbit/s"}))
    shown = text(found)
    assert max(map(len, shown.splitlines())) <= 79
    told = " ".join(shown.split())
    assert "WARNING: This is an estimate and no measurement: it is 65 times the largest size that was drilled." in told
    assert "one whole copy of that takes 52.05 s or more over rtt 38ms, bandwidth 1Gbit/s" in told
    assert "3 runs at 3 sizes: 1000 people, 5000 people, 20000 people" in told
    rows = [row.split() for row in shown.splitlines() if row.startswith("  ")]
    assert ["replay", "2", "min", "11", "s"] in [row[:5] for row in rows]
    document = json.loads(json_text(found))
    assert (document["estimate"], document["factor"], document["unit"]) == (True, 65.0, "people")
    assert "no measurement" in document["warning"]
    assert document["rta_s"]["expected"] == pytest.approx(131.6)


def test_within_what_was_drilled_it_says_so() -> None:
    assert "within the sizes that were drilled" in " ".join(text(project(RUNS, Wish(people=3000))).split())


@pytest.mark.parametrize(
    ("said", "meant"), [("500GB", 5 * 10**11), ("2TB", 2 * 10**12), ("1.5 TB", 15 * 10**11), ("7B", 7)]
)
def test_a_size_is_read_as_it_is_written(said: str, meant: int) -> None:
    assert bytes_of(said) == meant


@pytest.mark.parametrize("said", ["", "2", "TB", "0GB", "2TiB", "-1GB", "2 T B", "2tb", "nan"])
def test_what_is_no_size_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match="is no size: write it as"):
        bytes_of(said)


@given(st.integers(1, 10**14))
def test_what_is_said_of_a_size_is_read_back(amount: int) -> None:
    assert bytes_of(size(amount)) == pytest.approx(amount, rel=0.06)
