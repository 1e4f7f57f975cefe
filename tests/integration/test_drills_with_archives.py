"""Whole drills whose embassy keeps an archive: it hinders nobody, and one that is damaged is missed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from drill.copies.archive import Archive
from drill.copies.streaming import Streaming
from drill.hosts.process import ProcessPremises
from drill.parts import KeptCopy
from drill.recoveries.replay import Replay
from drill.sites.site import Site
from drill.timeline import Timeline
from drill.verdict import Verdict
from tests.fix_stage import Stage, by

PAIR = ("business", "state_gazette")


@pytest.fixture(scope="module")
def stage(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    return Stage(embedded_premises, tmp_path_factory.mktemp("drills"))


def test_a_promoted_standby_does_not_wait_for_whom_home_waited_for(stage: Stage) -> None:
    archive = Archive.model_validate({"kind": "archive", "name": "archive", "synchronous": True})
    standby = Streaming.model_validate({"kind": "streaming", "name": "standby"})
    run = stage.play({"copies": (archive, standby)})
    assert stage.broke is None
    assert (by(run, Verdict.MISSED), by(run, Verdict.UNKNOWN), run.result.exit_code) == ({}, {}, 0)


class Robbed(Replay):
    """The end of the log is gone when the embassy needs it."""

    def bring_up(self, copy: KeptCopy, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[str]:
        (folder,) = {version.location for version in copy.versions()}
        embassy.host.run(["/bin/sh", "-c", f"rm {folder}/wal/*.partial"], deadline=30)
        yield from super().bring_up(copy, embassy, registers, timeline)


def test_a_log_whose_end_is_gone_is_no_early_end_but_a_miss(stage: Stage) -> None:
    archive = Archive.model_validate({"kind": "archive", "name": "archive", "restore_point_every": "200ms"})
    robbed = Robbed.model_validate({"kind": "replay", "from": "archive"})
    run = stage.play({"copies": (archive,), "recovery": robbed}, calm="4s")  # the receiver tells once a second
    assert stage.broke is None
    assert by(run, Verdict.MISSED) == {"recovery_time": set(PAIR)}
    assert run.result.exit_code == 1
    (failed,) = run.evidence.all("failed")
    assert "though it had received" in failed.facts["reason"]
