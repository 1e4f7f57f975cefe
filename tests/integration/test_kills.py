"""A drill that is killed leaves nothing but its evidence: the watchdog sees to it, else `drill clean`."""

import time
from pathlib import Path

import pytest

from drill.clock import wait_until
from tests.fix_victim import ROOT, cases, drill, figure, victim

_SOON = 60.0  # seconds, on a loaded machine
_OFTEN_ALONE = {("embedded", "recovery"), ("docker", "prepare")}
_OFTEN_TOGETHER = {("embedded", "prepare"), ("docker", "prepare")}


@pytest.mark.parametrize(("host", "act"), cases(lambda *case: case in _OFTEN_ALONE))
def test_the_watchdog_removes_what_a_killed_drill_leaves(host: str, act: str, tmp_path: Path) -> None:
    with victim(tmp_path, host) as doomed:
        doomed.reach("act began", act=act)
        doomed.look()
        doomed.process.kill()
        with figure(f"killed in {act} on {host}: nothing left after"):
            doomed.gone_within(_SOON)
        doomed.claims_nothing()


@pytest.mark.soak
@pytest.mark.parametrize(("host", "act"), cases(lambda *_: False))
@pytest.mark.parametrize("scenario", sorted((ROOT / "scenarios").glob("*.yaml")), ids=lambda path: path.stem)
def test_nothing_is_left_of_any_scenario(scenario: Path, host: str, act: str, tmp_path: Path) -> None:
    with victim(tmp_path, host, "--people", "1000", scenario=scenario) as doomed:
        doomed.reach("act began", act=act)
        doomed.look()
        doomed.process.kill()
        doomed.gone_within(_SOON)
        doomed.claims_nothing()


@pytest.mark.soak
@pytest.mark.parametrize("host", ["embedded", pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.parametrize("nth", range(8))
def test_nothing_appears_afterwards_when_it_was_still_being_made(host: str, nth: int, tmp_path: Path) -> None:
    """Killed at eight moments of the first two seconds, in which networks, containers and clusters are made."""
    with victim(tmp_path, host) as doomed:
        doomed.reach("act began", act="prepare")
        time.sleep(0.25 * nth)  # the moment itself, not a wait for anything
        doomed.look()
        doomed.process.kill()
        doomed.gone_within(_SOON)
        time.sleep(3)  # for what might still come
        assert doomed.traces() == []


@pytest.mark.parametrize(("host", "act"), cases(lambda *case: case in _OFTEN_TOGETHER))
def test_clean_removes_what_is_left_when_the_watchdog_is_killed_too(host: str, act: str, tmp_path: Path) -> None:
    with victim(tmp_path, host) as doomed:
        doomed.reach("act began", act=act)
        wait_until("it has made something", doomed.made, deadline=_SOON, every=0.005, hint="see what it said")
        doomed.look()
        (dog,) = doomed.relatives("drill.hosts.watchdog")
        dog.kill()
        doomed.process.kill()
        doomed.process.wait(10)
        assert doomed.made()
        with figure(f"killed with its watchdog in {act} on {host}: cleaned in"):
            cleaned = drill("clean", "--run", doomed.run_id)  # only this one: others may be at work on this machine
        assert cleaned.returncode == 0, cleaned.stdout + cleaned.stderr
        assert doomed.traces() == []
        again = drill("clean", "--run", doomed.run_id)
        assert (again.returncode, again.stdout) == (0, "")
        doomed.claims_nothing()


@pytest.mark.parametrize("host", ["embedded", pytest.param("docker", marks=[pytest.mark.docker, pytest.mark.soak])])
def test_a_drill_whose_cable_is_killed_says_so_and_claims_nothing(host: str, tmp_path: Path) -> None:
    with victim(tmp_path, host) as doomed:
        doomed.reach("act began", act="calm")
        doomed.look()
        (relay,) = doomed.relatives("drill.hosts.relay")
        relay.kill()
        assert doomed.process.wait(120) == 4, doomed.said.read_text()
        assert doomed.traces() == []
        said = doomed.said.read_text()
        assert "was the relay process killed?" in said
        assert "Traceback" not in said
        doomed.claims_nothing()
