"""Indexes that lead to rows which are gone, and GINs that do not find every row, of each kind; none that is sound."""

from __future__ import annotations

import pytest

from drill.evidence import Observation
from drill.probes.btree import btree
from drill.probes.entries import entries
from tests.fix_trial import Trial
from tests.integration.test_soundness import SOUND

_MADE = r"""
create extension hstore; create extension pg_trgm; create extension btree_gin;
create table page (id int primary key, words text[], said jsonb, told text, marked hstore, n int, place point,
  found tsvector generated always as (to_tsvector('simple', told)) stored);
insert into page (id, words, said, told, marked, n, place)
  select i, array['all', 'w' || i, null], jsonb_build_object('id', i, 'all', true, 'in', array[i, i + 1]),
    'all of ''them'' \ page' || i || ' ' || repeat('x', i % 7), hstore('k' || i % 9, i::text), i % 10, point(i, i)
  from generate_series(1, 400) i;
insert into page (id, words, said, told, n) values
  (401, '{}', '{}', '', null), (402, null, null, null, null), (403, '{}', '[1, [2]]', '... , ''', 3);
create index words on page using gin (words); create index said on page using gin (said);
create index path on page using gin (said jsonb_path_ops); create index found on page using gin (found);
create index told on page using gin (told gin_trgm_ops); create index marked on page using gin (marked);
create index several on page using gin (n, words, found) where n < 8;
create index lower on page (lower(told), n) include (id) where n > 2; create index place on page using gist (place);
create index quad on page using spgist (place); create index hashed on page using hash (n);
delete from page where id % 50 = 0; update page set n = n + 1 where id % 7 = 0; update page set n = 5 where id = 402;
insert into page (id, words) select i, array['late', i::text] from generate_series(500, 520) i;
"""
_GIN = ("words", "said", "path", "found", "told", "marked", "several")
_COUNTED = ("lower", "place", "quad")
_ASLEEP = "update pg_index set indisready = {} where indexrelid = any('{{{}}}'::regclass[])"


def _seen(trial: Trial) -> Observation:
    with trial.console() as console:
        return entries(console)


def _past(trial: Trial, indexes: tuple[str, ...], statement: str) -> None:
    """It is done without these indexes knowing of it."""
    trial.do(_ASLEEP.format("false", ", ".join(indexes)))
    for each in statement.split(";"):
        trial.do(each)
    trial.do(_ASLEEP.format("true", ", ".join(indexes)))


def test_nothing_is_wrong_with_what_is_sound(trial: Trial) -> None:
    trial.do(_MADE)
    trial.do("create table book (found tsvector); create index on book using gin (found)")
    trial.do("insert into book select to_tsvector(string_agg('w' || i, ' ')) from generate_series(1, 50000) i")
    trial.do("alter database trial set gin_fuzzy_search_limit = 1")
    seen = _seen(trial)
    assert (seen.wrong, dict(seen.unseen)) == ((), {})
    assert seen.looked_at > 100


def test_nothing_is_wrong_with_what_is_odd_and_sound(trial: Trial) -> None:
    trial.do(SOUND)
    seen = _seen(trial)
    assert (seen.wrong, dict(seen.unseen)) == ((), {})


_LATER = (
    "insert into page (id, words, said, told, marked, n) values (900, '{a}', '{\"a\": 1}', 'a b', 'a=>1', 1)",
    "update page set words = words || 'more'::text, said = said || '{\"more\": 1}', told = told || ' more',"
    " marked = marked || 'more=>1', n = n - 1 where id = 77",
)


@pytest.mark.parametrize("lost", _LATER)
def test_a_gin_that_lacks_a_row_is_missed(trial: Trial, lost: str) -> None:
    trial.do(_MADE)
    trial.do("vacuum page")
    _past(trial, _GIN, lost)
    with trial.console() as console:
        assert btree(console).wrong == ()  # which looks at their own order alone
    assert sorted(_seen(trial).wrong) == [f"index public.{name}: 1 rows are not found by it" for name in sorted(_GIN)]


def test_an_index_that_leads_to_rows_which_are_gone_is_missed(trial: Trial) -> None:
    trial.do(_MADE)
    trial.do("vacuum page")
    _past(trial, _COUNTED, "delete from page where id in (13, 14, 18); vacuum (truncate false) page")
    with trial.console() as console:
        assert btree(console).wrong == ()  # each row of the table is found
    told = "index public.{}: its entries lead to {} rows, and its table has {} for it"
    rows, by_predicate = trial.ask("select count(*) from page"), trial.ask("select count(*) from page where n + 0 > 2")
    due = [("lower", by_predicate), ("place", rows), ("quad", rows)]
    assert sorted(_seen(trial).wrong) == [told.format(name, there + 3, there) for name, there in due]


def test_an_index_that_leads_to_the_rows_of_others_is_missed(trial: Trial) -> None:
    trial.do(
        "create table t (n int unique, at point); create index by_n on t (n); create index by_at on t using gist (at)"
    )
    trial.do("insert into t select i, point(i, i) from generate_series(1, 100) i")
    trial.do("vacuum t")
    _past(trial, ("by_n", "by_at"), "delete from t where n = 50; vacuum (truncate false) t")
    trial.do("insert into t values (1000, point(1000, 1000))")
    assert trial.ask("select ctid::text from t where n = 1000") == "(0,50)"
    with trial.console() as console:
        console.execute("set enable_seqscan = off; set enable_indexonlyscan = off; set enable_bitmapscan = off")
        assert console.execute("select n from t where n = 50").fetchall() == [(1000,)]
        assert btree(console).wrong == ()
    told = "its entries lead to 101 rows, and its table has 100 for it"
    assert sorted(_seen(trial).wrong) == [f"index public.by_at: {told}", f"index public.by_n: {told}"]


def test_what_nobody_can_look_up_is_unknown(trial: Trial) -> None:
    trial.do("""create operator class only_overlaps for type int[] using gin as operator 1 && (anyarray, anyarray),
        function 1 btint4cmp(int4, int4), function 2 ginarrayextract(anyarray, internal, internal),
        function 3 ginqueryarrayextract(anyarray, internal, int2, internal, internal, internal, internal),
        function 4 ginarrayconsistent(internal, int2, anyarray, int4, internal, internal, internal, internal),
        storage int4;
        create table t (a int[]); insert into t values ('{1}'); create index a on t using gin (a only_overlaps)""")
    seen = _seen(trial)
    assert not seen.wrong
    assert dict(seen.unseen) == {"index public.a": "nothing tells whether this gin finds what its table has"}


def test_an_index_in_another_order_is_unknown(trial: Trial) -> None:
    trial.do("create collation c (provider = builtin, locale = 'C.UTF-8'); create table t (n int, a text[] collate c)")
    trial.do("insert into t values (1, '{a}'); create index a on t using gin (a); create index n on t (n)")
    _past(trial, ("a",), "insert into t values (2, '{b}')")
    assert _seen(trial).wrong == ("index public.a: 1 rows are not found by it",)
    trial.do("update pg_collation set collversion = 'older' where collname = 'c'")
    seen = _seen(trial)
    assert (seen.wrong, list(seen.unseen)) == ((), ["index public.a"])
