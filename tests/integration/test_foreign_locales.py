"""A physical copy whose locale this machine lacks is unknown, and not missed: another machine may look at it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts.process import ProcessPremises
from drill.sites.aim import Aim
from drill.verdict import Verdict
from drill.verified import Verified
from tests.fix_home import lone, stop_in_order
from tests.fix_trial import QUICK

_FOREIGN = "update pg_database set datcollate = 'xx_YY.utf8', datctype = 'xx_YY.utf8' where datname = any (%s)"


def _verified(premises: ProcessPremises, folder: Path, *databases: str) -> Verified:
    """A server that was stopped, whose databases are of a machine with another locale."""
    with lone(premises, QUICK) as site:
        with site.console() as console:
            console.execute("create database away")
            console.execute(_FOREIGN, (list(databases),))
        stop_in_order(site)
        shutil.copytree(str(site.data), folder)
    cluster = Cluster.recognised(folder, None)
    assert cluster is not None
    return ClusterVerification(cluster, Aim.named("latest"), None, premises).run(lambda _: None)


@pytest.mark.parametrize(
    ("databases", "register"), [(("away",), "away"), (("template1", "template0", "postgres", "away"), "copy")]
)
def test_a_database_of_another_locale_is_unknown(
    databases: tuple[str, ...], register: str, embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    verified = _verified(embedded_premises, tmp_path / "copy", *databases)
    (found,) = (f for f in verified.findings if f.check == "restored" and f.verdict is not Verdict.MET)
    assert (found.register, found.verdict) == (register, Verdict.UNKNOWN)
    assert "database locale is incompatible with operating system" in found.actual
    assert "what this PostgreSQL or its machine lacks, another may have" in found.actual
    assert Verdict.MISSED not in {f.verdict for f in verified.findings}
