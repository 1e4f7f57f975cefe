"""Whom this machine kills, as one without memory does, says nothing of the copy that he had in his hands."""

from pathlib import Path

import pytest

from drill.clock import wait_until
from drill.errors import Killed
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sites.site import Site
from drill.verification import Verification
from tests.fix_trial import Trial

# What a server runs is its backend's child.
_KILLING = "copy (select 1) to program 'kill -9 $PPID'"


def test_a_server_of_which_a_part_was_killed_might_have_answered(trial: Trial, site: Site) -> None:
    with pytest.raises(Killed, match="connection"):
        site.ask(_KILLING, database=trial.database)
    wait_until("it is back", lambda: site.ask("select 1") == [(1,)], deadline=30, hint=site.log_tail)


def test_a_dump_in_whose_midst_its_server_is_killed_is_no_bad_dump(
    embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    header = "--\n-- PostgreSQL database dump\n--\n-- Dumped from database version 18.6\n"
    (dump := tmp_path / "reg.sql").write_text(
        f"{header}create table t (i int);\n{_KILLING};\n--\n-- PostgreSQL database dump complete\n--\n"
    )
    with pytest.raises(Killed, match=r"reg\.sql cannot be loaded") as killed:
        Verification(Offered.recognised(dump), None, embedded_premises).run(lambda _: None)
    assert "memory" in killed.value.hint
