"""Ctrl-C and its like: everything is undone by the time the drill has ended, and its evidence is kept."""

import os
import re
import signal
from pathlib import Path

import pytest

from drill.clock import wait_until
from tests.fix_victim import Victim, cases, figure, victim

_ENDS = 60.0  # seconds, on a loaded machine
_SOON = 60.0
_OFTEN_INT = {("embedded", "recovery"), ("docker", "prepare")}
_OFTEN_TERM = {("embedded", "prepare")}


def _kept(ended: Victim, last: str) -> None:
    """Readable evidence, which shows how it ended and claims nothing."""
    assert ended.events()[-1]["what"] == last
    ended.claims_nothing()


def _interrupted(stopped: Victim) -> None:
    assert stopped.process.wait(_ENDS) == 130, stopped.said.read_text()
    assert stopped.traces() == []
    said = stopped.said.read_text()
    assert "interrupted: everything was undone, the evidence so far is kept" in said
    assert "Traceback" not in said
    _kept(stopped, "interrupted")


@pytest.mark.parametrize(("host", "act"), cases(lambda *case: case in _OFTEN_INT))
def test_ctrl_c_at_the_terminal(host: str, act: str, tmp_path: Path) -> None:
    """The terminal sends it to the whole group, and some send it twice."""
    with victim(tmp_path, host) as stopped:
        stopped.reach("act began", act=act)
        stopped.look()
        with figure(f"SIGINT in {act} on {host}: ended after"):
            os.killpg(stopped.process.pid, signal.SIGINT)
            os.killpg(stopped.process.pid, signal.SIGINT)
            stopped.process.wait(_ENDS)
        _interrupted(stopped)


@pytest.mark.parametrize(("host", "act"), cases(lambda *case: case in _OFTEN_TERM))
def test_sigterm(host: str, act: str, tmp_path: Path) -> None:
    with victim(tmp_path, host) as stopped:
        stopped.reach("act began", act=act)
        stopped.look()
        with figure(f"SIGTERM in {act} on {host}: ended after"):
            stopped.process.terminate()
            stopped.process.wait(_ENDS)
        _interrupted(stopped)


@pytest.mark.parametrize("host", [pytest.param("embedded"), pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.soak
def test_the_terminal_goes_away(host: str, tmp_path: Path) -> None:
    with victim(tmp_path, host) as stopped:
        stopped.reach("act began", act="calm")
        stopped.look()
        os.killpg(stopped.process.pid, signal.SIGHUP)
        _interrupted(stopped)


@pytest.mark.soak
def test_a_terminal_that_goes_away_is_nothing_to_a_drill_behind_nohup(tmp_path: Path) -> None:
    with victim(tmp_path, "embedded", before=["nohup"]) as going_on:
        going_on.reach("act began", act="prepare")
        os.killpg(going_on.process.pid, signal.SIGHUP)
        assert going_on.process.wait(2 * _ENDS) == 0, going_on.said.read_text()
        assert going_on.traces() == []


@pytest.mark.parametrize(("host", "act"), cases(lambda *case: case == ("embedded", "calm"), ("calm", "survey")))
def test_an_impatient_ctrl_c_ends_it_at_once_and_the_watchdog_does_the_rest(
    host: str, act: str, tmp_path: Path
) -> None:
    with victim(tmp_path, host, calm="3s") as stopped:
        stopped.reach("act began", act=act)
        stopped.look()

        def pressed_again() -> bool:
            stopped.process.send_signal(signal.SIGINT)
            return stopped.process.poll() is not None

        with figure(f"Ctrl-C held down in {act} on {host}: ended after"):
            wait_until("it ends", pressed_again, deadline=10, every=0.1, hint=lambda: stopped.said.read_text())
        assert stopped.process.returncode == 130
        with figure(f"Ctrl-C held down in {act} on {host}: nothing left after another"):
            stopped.gone_within(_SOON)
        assert "Traceback" not in stopped.said.read_text()
        stopped.claims_nothing()


@pytest.mark.parametrize("host", [pytest.param("embedded"), pytest.param("docker", marks=pytest.mark.docker)])
@pytest.mark.soak
def test_ctrl_c_while_a_drill_is_being_undone(host: str, tmp_path: Path) -> None:
    """The result is there already; what the signal broke off is undone all the same."""
    with victim(tmp_path, host) as stopped:
        stopped.reach("act ended", act="survey")
        stopped.look()
        stopped.process.send_signal(signal.SIGINT)
        assert stopped.process.wait(_ENDS) == 130, stopped.said.read_text()
        assert stopped.traces() == []
        assert stopped.events()[-1]["what"] == "interrupted"


def test_a_drill_over_its_time_ends_with_4(tmp_path: Path) -> None:
    with victim(tmp_path, "embedded", "--timeout", "3s", calm="60s") as slow:
        assert slow.process.wait(_ENDS) == 4, slow.said.read_text()
        assert slow.traces() == []
        said = slow.said.read_text()
        assert "the drill took longer than --timeout allows (3 s)\nhint: see its events for the act it was in" in said
        assert re.search(r"out of time in (prepare|calm): the drill took longer", said)
        assert "Traceback" not in said
        _kept(slow, "broke")


@pytest.mark.parametrize(("host", "act"), cases(lambda *_: False))
def test_the_time_can_be_over_in_every_act(host: str, act: str, tmp_path: Path) -> None:
    """No step takes it for a failure of its own: a recovery that had no time is not judged missed."""
    with victim(tmp_path, host, "--timeout", "10m") as slow:
        slow.reach("act began", act=act)
        slow.look()
        slow.process.send_signal(signal.SIGALRM)  # as its own clock does
        assert slow.process.wait(_ENDS) == 4, slow.said.read_text()
        assert slow.traces() == []
        assert "longer than --timeout allows" in slow.said.read_text()
        _kept(slow, "broke")
