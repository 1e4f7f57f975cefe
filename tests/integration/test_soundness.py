"""Real damage of every kind is seen by the probe that looks for it. What is sound, however odd, is not called wrong."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.digest import Form
from drill.errors import StepFailed
from drill.evidence import Observation
from drill.hosts.process import ProcessPremises
from drill.probes import borrowed
from drill.probes.functions import functions
from drill.probes.heap import heap
from drill.probes.large_objects import content_of, large_objects
from drill.probes.soundness import PROBES, observed
from drill.sites.site import Site
from drill.verdict import Verdict
from tests.fix_home import lone
from tests.fix_trial import QUICK, Trial, judged
from tests.integration.unsound import DAMAGE, THEIRS, UNSEEN

SOUND = Path(__file__).with_name("sound.sql").read_text()
# What a database may have set for whoever comes.
SETTINGS = {
    "search_path": "public",
    "zero_damaged_pages": "on",
    "ignore_checksum_failure": "on",
    "enable_seqscan": "off",
    "default_transaction_read_only": "on",
    "default_transaction_isolation": "serializable",
    "session_replication_role": "replica",
}
FOND_OF_INDEXES = {"enable_seqscan": "off", "seq_page_cost": "1000", "random_page_cost": "0"}
CATALOGUES = ("pg_extension", "pg_namespace", "pg_proc", "pg_index", "pg_class")
LEFT = "select md5(string_agg(c::text, '' order by c::text)) from {} c"
LIBRARY_GONE = "update pg_proc set probin = '$libdir/gone' where oid = 'public.theirs()'::regprocedure"


@pytest.fixture(scope="module")
def site(embedded_premises: ProcessPremises) -> Iterator[Site]:
    with lone(embedded_premises, QUICK) as site:
        with site.console() as console:
            console.execute("create extension pg_buffercache; create extension pageinspect")
        yield site


MOVED = {name: given.moved(f"damage_{number}") for number, (name, given) in enumerate(DAMAGE.items())}
Seen = Mapping[str, Observation]


def _in_schema(number: int, trial: Trial, statement: str, proof: str = "") -> None:
    with trial.console() as console:
        console.execute(f"set search_path = damage_{number}, public".encode())
        console.execute(statement.encode())
        if proof:
            assert console.execute(proof.encode()).fetchall() == [(True,)], proof


@pytest.fixture(scope="module")
def looked(site: Site) -> Iterator[tuple[Seen, Seen]]:
    """What the probes saw of one database, before everything in it was damaged, and after."""
    trial = Trial(site, "unsound")
    with trial.made():
        trial.do("create extension btree_gist")
        for name, setting in FOND_OF_INDEXES.items():
            trial.do(f"alter database unsound set {name} = {setting}")
        for number, given in enumerate(MOVED.values()):
            trial.do(f"create schema damage_{number}")
            _in_schema(number, trial, given.sound)
        before = observed(trial.console, 2)
        for number, given in enumerate(MOVED.values()):
            _in_schema(number, trial, given.damage, given.proof)
        yield before, observed(trial.console, 2)


@pytest.mark.parametrize("name", MOVED)
def test_damage_is_missed_and_its_absence_met(name: str, looked: tuple[Seen, Seen]) -> None:
    given, (before, after) = MOVED[name], looked
    assert judged(given.check, before[given.check]).verdict is Verdict.MET
    assert judged(given.check, after[given.check]).verdict is Verdict.MISSED
    assert len([line for line in after[given.check].wrong if re.match(given.says, line)]) == 1


def test_nothing_is_called_wrong_but_what_was_damaged(looked: tuple[Seen, Seen]) -> None:
    lines = [line for seen in looked[1].values() for line in seen.wrong]
    assert [line for line in lines if not re.match(r"[a-z ]*damage_\d", line)] == []
    assert not any(seen.unseen for seen in looked[1].values())


@pytest.mark.parametrize(
    ("relation", "told"),
    [
        ("select 'public.t'", "public.t"),
        ("select reltoastrelid::regclass::text from pg_class where oid = 'public.t'::regclass", "TOAST of public.t"),
        ("select 'pg_description'", "pg_catalog.pg_description"),
    ],
    ids=["a table", "its TOAST", "a catalogue"],
)
def test_a_page_that_is_not_what_was_written_is_damage(relation: str, told: str, trial: Trial) -> None:
    trial.do("create table t (a text storage external); insert into t values (repeat('long', 3000))")
    assert trial.judged("heap").verdict is Verdict.MET
    damaged = trial.ask(relation)
    trial.spoilt(trial.file(damaged))
    with pytest.raises(StepFailed, match="invalid page"):
        trial.ask(f"select count(*) from {damaged}")
    trial.do("alter database trial set zero_damaged_pages = on; alter database trial set ignore_checksum_failure = on")
    found = trial.judged("heap")
    assert found.verdict is Verdict.MISSED
    assert f"{told}: DataCorrupted (XX001): invalid page in block 0" in found.actual


def test_a_catalogue_that_cannot_be_read_is_damage(trial: Trial) -> None:
    assert trial.judged("references").verdict is Verdict.MET
    trial.spoilt(trial.file("pg_constraint"))
    found = trial.judged("references")
    assert found.verdict is Verdict.MISSED
    assert found.actual.startswith("the database: DataCorrupted (XX001): invalid page in block 0")


def test_a_tuple_from_the_future_is_damage_though_its_page_is_whole(trial: Trial) -> None:
    trial.do("create table t as select i from generate_series(1, 9) i")
    file = trial.file("t")
    page = bytearray(file.read_bytes())
    (pointer,) = struct.unpack_from("<I", page, 24)
    struct.pack_into("<I", page, pointer & 0x7FFF, 1 << 28)  # its xmin
    checksum = trial.site.ask("select public.page_checksum(%s, 0)", (bytes(page),))[0][0]
    struct.pack_into("<h", page, 8, checksum)
    trial.written(file, page)
    assert trial.ask("select count(*) = 8 from t")  # and nothing is refused
    found = trial.judged("heap")
    assert found.verdict is Verdict.MISSED
    assert re.match(r"public.t: 1 damaged, first block 0, tuple 1: xmin 268435456 equals or exceeds", found.actual)


def test_an_index_whose_last_write_was_lost_is_damage(trial: Trial) -> None:
    trial.do("create table t (i integer); create index i on t (i); insert into t select generate_series(1, 9)")
    file = trial.file("i")
    old = file.read_bytes()
    trial.do("insert into t values (10)")
    assert trial.judged("btree").verdict is Verdict.MET
    assert trial.file("i").read_bytes() != old
    trial.written(file, old)
    found = trial.judged("btree")
    assert found.verdict is Verdict.MISSED
    assert re.match(r"index public.i: .*lacks matching index tuple", found.actual)


def test_a_visibility_map_whose_last_write_was_lost_is_damage(trial: Trial) -> None:
    trial.do("create table t as select i from generate_series(1, 9) i")
    trial.do("vacuum freeze t")
    file = trial.file("t", "_vm")
    old = file.read_bytes()
    assert trial.judged("visibility").verdict is Verdict.MET
    trial.do("delete from t where i = 3; insert into t values (10)")
    assert trial.file("t", "_vm").read_bytes() != old
    trial.written(file, old)
    found = trial.judged("visibility")
    assert found.verdict is Verdict.MISSED
    assert "public.t: 1 tuples not visible to all, on pages marked as such" in found.actual
    assert "public.t: 2 tuples not frozen, on pages marked as such" in found.actual


def test_a_library_that_this_server_lacks_is_not_seen(trial: Trial) -> None:
    trial.do(THEIRS)
    trial.do(LIBRARY_GONE)
    with trial.console() as console:
        seen = functions(console)
    assert not seen.wrong
    assert seen.unseen.keys() == {"library $libdir/gone"}
    assert "No such file" in seen.unseen["library $libdir/gone"]
    assert judged("functions", seen).verdict is Verdict.UNKNOWN


def test_pages_of_no_large_object_are_damage(trial: Trial) -> None:
    trial.do("select lo_from_bytea(4242, 'some'), lo_from_bytea(4243, 'other')")
    with trial.console() as console:
        whole = content_of(console, Form.NATIVE)
        assert (whole.rows, large_objects(console)) == (2, Observation(2))
        console.execute("delete from pg_largeobject_metadata where oid = 4243")
        assert content_of(console, Form.NATIVE) != whole
        assert large_objects(console).wrong == ("large objects: 1 pages belong to no object, the first of 4243",)


@pytest.mark.parametrize("form", Form)
def test_the_digest_of_large_objects_is_that_of_what_a_reader_sees(form: Form, trial: Trial) -> None:
    with trial.console() as console:
        digests = []
        for statement in (
            "select lo_from_bytea(1, 'a')",
            "select lo_put(1, 9000, 'b')",  # nothing between is stored
            "select lo_put(1, 0, lo_get(1))",  # and now it is
            "select lo_put(1, 9001, '\\x00')",
            "select lo_create(2)",
            "select lo_put(1, 8999, 'c')",
            "select lo_unlink(2), lo_create(3)",
        ):
            console.execute(statement)
            digests.append(content_of(console, form))
        assert digests.pop(2) == digests[1]
        assert len(set(digests)) == len(digests)
        assert [digest.rows for digest in digests] == [1, 1, 1, 2, 2, 2]


def _odd(trial: Trial) -> None:
    """The database of sound.sql, its unlogged tables emptied by a crash, and with settings of its own."""
    with trial.console() as console:
        console.execute(SOUND.encode())
        for name, setting in SETTINGS.items():
            console.execute(f"alter database trial set {name} = {setting}".encode())
    data = trial.site.data
    assert data is not None
    trial.site.stop()
    trial.site.start(data, QUICK)


def test_what_is_odd_and_sound_is_met_and_nothing_of_the_look_stays(trial: Trial) -> None:
    _odd(trial)
    left = [trial.ask(LEFT.format(catalogue)) for catalogue in CATALOGUES]
    found = observed(trial.console, 2)
    assert {name: seen.wrong for name, seen in found.items() if seen.wrong} == {}
    assert {name: dict(seen.unseen) for name, seen in found.items() if seen.unseen} == {}
    assert {judged(name, seen).verdict for name, seen in found.items()} == {Verdict.MET}
    assert found["references"].looked_at == 13
    assert [trial.ask(LEFT.format(catalogue)) for catalogue in CATALOGUES] == left


@pytest.mark.parametrize("name", UNSEEN)
def test_what_cannot_be_looked_at_is_unknown(name: str, trial: Trial) -> None:
    given, unseen = UNSEEN[name]
    trial.do(given)
    with trial.console() as console:
        seen = PROBES[name](console)
    assert (seen.wrong, dict(seen.unseen)) == ((), unseen)
    assert judged(name, seen).verdict is Verdict.UNKNOWN


def test_what_somebody_else_holds_is_not_seen_and_not_wrong(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(borrowed._SETTINGS, "lock_timeout", "10ms")
    trial.do("create table t (i integer primary key)")
    with trial.console() as holder, holder.transaction(), trial.console() as console:
        holder.execute("lock table t")
        for name in ("heap", "btree", "uniqueness", "visibility"):
            seen = PROBES[name](console)
            assert not seen.wrong, name
            assert len(seen.unseen) == 1, name
            assert "lock timeout" in "".join(seen.unseen.values()), name


def test_a_server_without_the_library_sees_nothing(trial: Trial, monkeypatch: pytest.MonkeyPatch) -> None:
    _, forms = borrowed._FORMS["verify_heapam"]
    monkeypatch.setitem(borrowed._FORMS, "verify_heapam", ("gone", forms))
    with trial.console() as console:
        seen = heap(console)
    assert (seen.looked_at, seen.wrong, set(seen.unseen)) == (0, (), {"the database"})
    assert "gone" in seen.unseen["the database"]


def test_probes_whose_connection_ends_have_seen_nothing(trial: Trial) -> None:
    def ended() -> psycopg.Connection[Any]:
        console = trial.console()
        with suppress(psycopg.Error):
            console.execute("select pg_terminate_backend(pg_backend_pid())")
        return console

    for seen in observed(ended, 2).values():
        assert (seen.looked_at, seen.wrong, set(seen.unseen)) == (0, (), {"everything"})
    with ended() as console, pytest.raises(psycopg.Error):
        heap(console)
