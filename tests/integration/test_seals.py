"""What may be asked of a seal: a restore point, some tables only, an end to what takes too long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from drill import seals
from drill.clock import wait_until
from drill.digest import Form
from drill.errors import CannotRun, NotInTime, ScenarioError, StepFailed
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.origin import Origin
from drill.sites.site import Site
from drill.sites.wal import place_of
from drill.verdict import Finding, Verdict
from drill.verification import Verification
from tests.fix_home import lone, origin_of, stop_in_order
from tests.fix_victim import drill

TOWN = """
create table house (id int primary key, street text);
insert into house select i, 'street ' || i from generate_series(1, 300) i;
create table dog (id int primary key, house int references house);
insert into dog select i, i from generate_series(1, 40) i;
create table cat (id int primary key);
insert into cat select generate_series(1, 20);
"""
_UNSEALED = "its rows were not sealed"


@pytest.fixture(scope="module")
def town(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Origin]]:
    with served(embedded_premises, tmp_path_factory.mktemp("town")) as opened:
        yield opened


@contextmanager
def served(premises: ProcessPremises, folder: Path) -> Iterator[tuple[Site, Origin]]:
    """A server with one database of three tables, and how it is reached from outside."""
    with lone(premises) as site:
        with site.console() as console:
            console.execute("create database town")
        with site.console("town") as console:
            console.execute(TOWN)
        yield site, origin_of(site, folder, "town")


def silent(_: str) -> None:
    """Nobody listens."""


def read_back(sealed: Sealed, folder: Path) -> Sealed:
    file = folder / "seal.json"
    file.write_text(seals.written(sealed))
    return seals.read(file)


def points(site: Site, since: str, until: str) -> list[str]:
    """The restore points that the log on the disk holds between two places."""
    return written(site, "RESTORE_POINT", since, until)


def written(site: Site, what: str, since: str, until: str) -> list[str]:
    """The records of that kind between two places of the log on the disk."""
    argv = [site.program("pg_waldump"), "-p", f"{site.data}/pg_wal", "-s", since, "-e", until]
    return [line for line in site.host.run(argv, deadline=60).splitlines() if what in line]


def flushed(site: Site) -> str:
    """The end of the log, all of which is on the disk."""
    with site.console() as console:
        console.execute("checkpoint")
        return str((console.execute("select pg_current_wal_flush_lsn()").fetchone() or ("",))[0])


# -- a restore point ---------------------------------------------------------------------------------------------------


def test_a_restore_point_is_kept_in_the_log_when_all_was_read(town: tuple[Site, Origin], tmp_path: Path) -> None:
    site, origin = town
    name = "õ" * 31 + "x"  # of the most bytes that there can be
    sealed = read_back(Sealing(origin, How.QUIESCED, ("town",), restore_point=name).take(silent), tmp_path)
    assert sealed.restore_point == name
    assert sealed.restore_point_lsn is not None
    assert place_of(sealed.ended.lsn) < place_of(sealed.restore_point_lsn)
    (told,) = points(site, sealed.ended.lsn, sealed.restore_point_lsn)
    assert told.endswith(name)


def test_a_nonce_is_kept_in_the_log_before_the_restore_point(town: tuple[Site, Origin], tmp_path: Path) -> None:
    site, origin = town
    sealing = Sealing(origin, How.QUIESCED, ("town",), restore_point="after", nonce=True)
    first, sealed = sealing.take(silent), read_back(sealing.take(silent), tmp_path)
    assert sealed.nonce != first.nonce  # and one more does not disturb who seals a server where nobody writes
    assert sealed.nonce is not None
    assert sealed.nonce_lsn is not None
    assert sealed.restore_point_lsn is not None
    assert place_of(sealed.ended.lsn) < place_of(sealed.nonce_lsn) < place_of(sealed.restore_point_lsn)
    (told,) = written(site, "MESSAGE", sealed.ended.lsn, sealed.nonce_lsn)
    assert f'prefix "drill seal {sealed.nonce}"' in told


def test_nothing_is_written_that_nobody_asked_for(town: tuple[Site, Origin]) -> None:
    site, origin = town
    sealed = Sealing(origin, How.QUIESCED, ("town",)).take(silent)
    assert (sealed.restore_point, sealed.restore_point_lsn) == (None, None)
    assert (sealed.nonce, sealed.nonce_lsn) == (None, None)
    assert points(site, sealed.begun.lsn, end := flushed(site)) == []
    assert written(site, "MESSAGE", sealed.begun.lsn, end) == []


def test_no_restore_point_is_written_where_somebody_wrote_meanwhile(town: tuple[Site, Origin]) -> None:
    site, origin = town
    before = flushed(site)

    def disturb(_: str) -> None:
        with site.console("town") as console:
            console.execute("create table if not exists noise (); drop table noise")

    with pytest.raises(CannotRun, match="did not stand still"):
        Sealing(origin, How.QUIESCED, ("town",), restore_point="never").take(disturb)
    assert points(site, before, flushed(site)) == []


@pytest.mark.parametrize("name", ["x" * 64, "õ" * 32, ""])
def test_a_name_that_no_restore_point_can_have_is_refused_before_anything_is_read(
    name: str, town: tuple[Site, Origin]
) -> None:
    told: list[str] = []
    with pytest.raises(CannotRun, match=f"{len(name.encode())} bytes") as refused:
        Sealing(town[1], How.UNDER_LOAD, ("town",), restore_point=name).take(told.append)
    assert "63 bytes" in refused.value.hint
    assert told == []


def test_a_user_who_may_not_make_one_is_told_so_before_anything_is_read(town: tuple[Site, Origin]) -> None:
    site, origin = town
    site.create_login("reader")
    with site.console("town") as console:
        console.execute("grant pg_read_all_data, pg_monitor to reader")
    dsn = psycopg.conninfo.make_conninfo(origin.dsn, user="reader", password=site.keys.password("reader"), passfile="")
    told: list[str] = []
    with pytest.raises(CannotRun, match="may not make a restore point"):
        Sealing(Origin.named(dsn), How.UNDER_LOAD, ("town",), restore_point="mine").take(told.append)
    assert told == []


def test_a_user_who_may_not_read_it_is_told_who_may(town: tuple[Site, Origin]) -> None:
    site, origin = town
    site.create_login("stranger")
    with site.console("town") as console:
        console.execute("grant pg_monitor to stranger")
    word = site.keys.password("stranger")
    dsn = psycopg.conninfo.make_conninfo(origin.dsn, user="stranger", password=word, passfile="")
    with pytest.raises(StepFailed, match="permission denied for table") as refused:
        Sealing(Origin.named(dsn), How.UNDER_LOAD, ("town",)).take(silent)
    assert refused.value.hint == "nothing was changed there; seal as a superuser"


def test_a_standby_is_refused_a_restore_point(embedded_premises: ProcessPremises, tmp_path: Path) -> None:
    with served(embedded_premises, tmp_path) as (site, origin):
        data = site.data
        assert data is not None
        stop_in_order(site)
        site.host.write(data / "standby.signal", "")
        site.start(data, {"fsync": "off"})
        told: list[str] = []
        with pytest.raises(CannotRun, match="is a standby") as refused:
            Sealing(origin, How.UNDER_LOAD, ("town",), restore_point="here").take(told.append)
        assert "--restore-point" in refused.value.hint
        with pytest.raises(CannotRun, match="can hold no nonce") as refused:
            Sealing(origin, How.UNDER_LOAD, ("town",), nonce=True).take(told.append)
        assert "--nonce" in refused.value.hint
        assert told == []
        site.ask("select pg_wal_replay_pause()")
        sealed = Sealing(origin, How.PAUSED, ("town",)).take(silent) if paused(site) else None
        assert sealed is not None
        assert sealed.databases["town"].tables.keys() == {"public.house", "public.dog", "public.cat"}


def paused(site: Site) -> bool:
    """Whether replay comes to a stand."""

    def asked() -> bool:
        return site.ask("select pg_get_wal_replay_pause_state()") == [("paused",)]

    return wait_until("replay pauses", asked, deadline=30, hint="is there a record to replay?")


# -- some tables only --------------------------------------------------------------------------------------------------


def content(copy: Path, sealed: Sealed, premises: ProcessPremises) -> Finding:
    verified = Verification(Offered.recognised(copy), sealed, premises).run(silent)
    (found,) = [finding for finding in verified.findings if finding.check == "content"]
    return found


def test_of_other_tables_nobody_says_that_they_are_missing_or_too_many(
    town: tuple[Site, Origin], embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    nightly = tmp_path / "nightly"
    nightly.mkdir()
    sealing = Sealing(town[1], How.DUMPED, ("town",), nightly, binaries.find().folder, tables=("public.house",))
    sealed = read_back(sealing.take(silent), tmp_path)
    assert sealed.databases["town"].tables.keys() == {"public.house"}
    assert sealed.unsealed == {"town": ("public.cat", "public.dog")}
    found = content(nightly, sealed, embedded_premises)
    assert found.verdict is Verdict.UNKNOWN
    assert found.actual == f"only 1 of 3 tables were sealed; public.cat: {_UNSEALED}; public.dog: {_UNSEALED}"

    seal = sealed.databases["town"]
    house = seal.tables["public.house"]
    wrong = replace(seal, tables={"public.house": replace(house, rows=house.rows + 1)})
    found = content(nightly, replace(sealed, databases={"town": wrong}), embedded_premises)
    assert found.verdict is Verdict.MISSED
    assert found.actual == "differ: public.house (300 rows instead of 301)"


def test_all_tables_by_name_are_as_good_as_all(
    town: tuple[Site, Origin], embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    nightly, named = tmp_path / "nightly", ("public.house", "public.dog", "public.cat")
    nightly.mkdir()
    sealed = Sealing(town[1], How.DUMPED, ("town",), nightly, binaries.find().folder, tables=named).take(silent)
    assert sealed.unsealed == {"town": ()}
    assert content(nightly, sealed, embedded_premises).verdict is Verdict.MET


def test_under_load_only_the_tables_that_were_asked_for_are_looked_at_twice(town: tuple[Site, Origin]) -> None:
    sealed = Sealing(town[1], How.UNDER_LOAD, ("postgres", "town"), tables=("public.cat",)).take(silent)
    assert sealed.changed == {"postgres": (), "town": ()}
    assert sealed.databases["town"].tables.keys() == {"public.cat"}
    assert sealed.databases["postgres"].tables == {}
    assert sealed.loosened(None, sealed.major).databases["town"].loose == {
        "public.house": _UNSEALED,
        "public.dog": _UNSEALED,
    }


def test_a_table_that_is_nowhere_is_told_with_those_that_are(town: tuple[Site, Origin]) -> None:
    told, asked = list[str](), ("public.mouse", "house", "public.cat")
    with pytest.raises(ScenarioError, match=r"has a table house, public\.mouse") as refused:
        Sealing(town[1], How.UNDER_LOAD, ("postgres", "town"), tables=asked).take(told.append)
    assert refused.value.hint == "they have: public.cat, public.dog, public.house"
    assert told == []


# -- time --------------------------------------------------------------------------------------------------------------


def test_the_size_is_told_and_once_something_was_read_how_long_the_rest_will_take(town: tuple[Site, Origin]) -> None:
    told: list[str] = []
    Sealing(town[1], How.UNDER_LOAD, ("town",), tables=("public.house",)).take(told.append)
    begun, size, again, left = told
    assert (begun, again) == ("sealing town", "sealing town again")
    assert size.startswith("town: 1 tables, ")
    assert size.endswith(" kB to read")
    assert left.startswith(f"{size}, about ")


def test_a_statement_that_takes_too_long_is_given_up(town: tuple[Site, Origin]) -> None:
    site, origin = town
    with site.console() as console:
        console.execute("create database slow")
    with site.console("slow") as console:
        console.execute("create table much as select i, repeat('x', 40) from generate_series(1, 400000) i")
    with pytest.raises(NotInTime) as late:
        Sealing(origin, How.UNDER_LOAD, ("slow",), form=Form.PORTABLE, patience=0.02).take(silent)
    assert "--timeout" in late.value.hint
    with site.console() as console:
        console.execute("drop database slow with (force)")


@pytest.mark.parametrize("duration", ["0s", "0.4ms", "25d", "soon"])
def test_a_time_that_a_server_would_take_for_no_limit_is_refused(duration: str) -> None:
    refused = drill("seal", "host=/nowhere", "--timeout", duration)
    assert refused.returncode == 2
    assert "--timeout" in refused.stderr
