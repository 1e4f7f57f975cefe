"""Two drills at the same time do not disturb each other."""

from pathlib import Path

import pytest

from tests.fix_victim import victim

_ENDS = 180.0  # seconds, for two on a loaded machine


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param(("embedded", "docker"), marks=[pytest.mark.docker, pytest.mark.soak]),
        pytest.param(("embedded", "embedded"), marks=pytest.mark.soak),
        pytest.param(("docker", "docker"), marks=[pytest.mark.docker, pytest.mark.soak]),
    ],
    ids="-".join,
)
def test_both_end_as_expected_and_leave_nothing(hosts: tuple[str, str], tmp_path: Path) -> None:
    with victim(tmp_path / "one", hosts[0]) as one, victim(tmp_path / "other", hosts[1]) as other:
        for each in (one, other):
            each.reach("act began", act="calm")
            each.look()
        for each in (one, other):
            assert each.process.wait(_ENDS) == 0, each.said.read_text()
            assert each.traces() == []
            assert each.events()[-1]["what"] == "ended"


@pytest.mark.soak
def test_one_that_is_killed_takes_nothing_from_the_other(tmp_path: Path) -> None:
    """The watchdog of the one works while the other does."""
    with victim(tmp_path / "one", "embedded", calm="5s") as one, victim(tmp_path / "other", "embedded") as other:
        other.reach("act began", act="prepare")
        one.reach("act began", act="calm")
        other.look()
        other.process.kill()
        other.gone_within(60.0)
        assert one.process.wait(_ENDS) == 0, one.said.read_text()
        assert one.traces() == []
