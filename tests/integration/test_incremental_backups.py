"""An incremental backup is refused alone, and met when it was put together with those before it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.errors import CannotRun
from drill.hosts.process import ProcessPremises
from drill.packed_backup import PackedBackup
from drill.sealing import Sealing
from drill.seals import How
from drill.sites.aim import Aim
from tests.fix_home import create_bank, lone, origin_of
from tests.integration.test_forms_of_clusters import assert_met, back_up


def test_what_changed_since_an_earlier_backup_is_no_copy_until_it_is_put_together(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    with lone(embedded_premises, {"summarize_wal": "on", "autovacuum": "off"}) as site:
        create_bank(site, "bank")
        back_up(site, tmp_path / "full")
        with site.console("bank") as console:
            console.execute("update account set balance = balance + 1 where id % 50 = 0")
        since = f"--incremental={tmp_path / 'full' / 'backup_manifest'}"
        back_up(site, tmp_path / "later", since)
        back_up(site, tmp_path / "tar", since, "-Ft")
        sealed = Sealing(origin_of(site, tmp_path), How.QUIESCED).take(lambda _: None)
        parts = [str(tmp_path / name) for name in ("full", "later")]
        argv = [str(site.program("pg_combinebackup")), *parts, "-o", str(tmp_path / "whole")]
        subprocess.run(argv, check=True, timeout=60, capture_output=True)

    def verification(copy: Cluster | PackedBackup | None) -> ClusterVerification:
        assert copy is not None
        return ClusterVerification(copy, Aim.named("latest"), sealed, embedded_premises)

    with pytest.raises(CannotRun, match="is an incremental backup") as refused:
        Cluster.recognised(tmp_path / "later", None)
    assert "pg_combinebackup" in refused.value.hint
    with pytest.raises(CannotRun, match="is an incremental backup"):
        verification(PackedBackup.recognised(tmp_path / "tar", None, {})).run(lambda _: None)
    assert_met(verification(Cluster.recognised(tmp_path / "whole", None)).run(lambda _: None))
