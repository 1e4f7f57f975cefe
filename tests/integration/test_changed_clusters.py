"""A data directory that lost what was set for a database is missed, and one that did not is met."""

from __future__ import annotations

import shutil
from pathlib import Path

from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts.process import ProcessPremises
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.verdict import Finding, Verdict
from tests.fix_home import lone, origin_of, stop_in_order


def _roles(copy: Path, sealed: Sealed, premises: ProcessPremises) -> Finding:
    cluster = Cluster.recognised(copy, None)
    assert cluster is not None
    verified = ClusterVerification(cluster, Aim.named("latest"), sealed, premises).run(lambda _: None)
    (found,) = [f for f in verified.findings if f.check == "roles"]
    return found


def test_what_is_set_for_a_database_is_compared(embedded_premises: ProcessPremises, tmp_path: Path) -> None:
    with lone(embedded_premises) as site:
        with site.console() as console:
            console.execute("create role clerk")
            console.execute("create database town template template0")
            console.execute("alter role clerk in database town set search_path = secret")
            console.execute("alter database town set work_mem = '9MB'")
            ((file,),) = console.execute("select pg_relation_filepath('pg_db_role_setting')").fetchall()
        sealed = Sealing(origin_of(site, tmp_path), How.QUIESCED, ("town",)).take(lambda _: None)
        stop_in_order(site)
        copy = tmp_path / "copy"
        shutil.copytree(str(site.data), copy)
    whole = _roles(copy, sealed, embedded_premises)
    assert (whole.verdict, whole.actual) == (Verdict.MET, "all as sealed")

    page = copy / str(file)
    assert page.stat().st_size > 0
    page.write_bytes(bytes(page.stat().st_size))
    lost = _roles(copy, sealed, embedded_premises)
    assert lost.verdict is Verdict.MISSED
    assert lost.actual == "settings: all roles in town is missing; settings: clerk in town is missing"
