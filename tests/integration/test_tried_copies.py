"""What is tried with a copy that is thrown away: each miss has its own reason, and what is odd but sound is met."""

from __future__ import annotations

from drill.evidence import Observation
from drill.probes.btree import btree
from drill.probes.collations import collations
from drill.probes.logins import able, logins
from drill.probes.soundness import PROBES
from drill.probes.writing import writing
from drill.sites.site import Site
from tests.fix_trial import Trial

ROLES = """
create role plain login; create role "Odd ""n"" ame" login valid until '2999-01-01'; create role one login connection limit 1;
create role chief superuser login connection limit 0; create role nobody;
create role old login valid until '2001-01-01'; create role shut login connection limit 0; create role away login;
revoke connect on database trial from public; grant connect on database trial to plain, one, old, shut, "Odd ""n"" ame";
"""  # noqa: E501
ODD = '"Odd ""n"" ame"'
TABLES = """
create table every (id int generated always as identity primary key, twice int generated always as (n * 2) stored,
  n int unique, place point, words text[], long text);
insert into every (n, place, words, long) select i, point(i, i), array['a', i::text], repeat('x', 9000)
  from generate_series(1, 50) i;
create index on every using gin (words); create index on every using gist (place); create index on every using brin (n);
create index on every using hash (n);
create table child (every int references every, at date) partition by range (at);
create table child_1 partition of child for values from ('2026-01-01') to ('2027-01-01');
insert into child values (1, '2026-05-05');
create table ledger (line text); insert into ledger values ('a'), ('b');
create function never() returns trigger language plpgsql as 'begin raise exception ''append only''; end';
create trigger never before update or delete on ledger for each row execute function never();
create rule kept as on delete to child_1 do instead nothing; alter table child_1 enable always rule kept;
create table codes (code text); create function known(text) returns bool language sql stable as
  'select exists (select from codes where code = $1)';
create table fresh (code text check (known(code))); insert into codes values ('a'); insert into fresh values ('a');
create schema app; create table app.here (code text); insert into app.here values ('a');
create function app.known(text) returns bool language plpgsql as 'begin return $1 in (select code from here); end';
create table app.lost (code text check (app.known(code)));
set search_path = app; insert into app.lost values ('a'); set search_path = public;
create table owned (id int); insert into owned values (1); alter table owned enable row level security;
alter table owned force row level security;
create table past (n int); insert into past values (-1); alter table past add check (n > 0) not valid;
create table bare (); create table empty (id int); create publication everything for all tables;
"""


def test_each_role_that_could_log_in_still_can_or_is_missed_for_its_reason(trial: Trial, site: Site) -> None:
    trial.do(ROLES)
    with trial.console() as console:
        due = able(console)
    assert due == ('Odd "n" ame', "chief", site.officer, "one", "plain")
    assert logins(site, trial.database, due) == Observation(5)
    assert logins(site, trial.database, due) == Observation(5)  # who may come once may come again

    harm = {
        "plain": ("alter role plain nologin", "it may not log in"),
        "one": ("alter role one connection limit 0", "its connection limit is 0"),
        'Odd "n" ame': (f"revoke connect on database trial from {ODD}", "it may not connect"),
        "chief": ("drop role chief", "there is no such role"),
    }
    for statement, _ in harm.values():
        trial.do(statement)
    seen = logins(site, trial.database, due)
    assert sorted(seen.wrong) == sorted(f"{role}: {why}" for role, (_, why) in harm.items())
    assert not seen.unseen

    trial.do("alter role plain login valid until '2020-02-02'")
    seen = logins(site, trial.database, ("plain",))
    assert (seen.wrong, dict(seen.excused)) == ((), {"plain": "its password was valid until 2020-02-02"})


def test_who_is_turned_away_for_no_reason_of_the_catalogue_is_unseen(trial: Trial, site: Site) -> None:
    trial.do("create role lacking login; alter role lacking set session_preload_libraries = 'not_there'")
    seen = logins(site, trial.database, ("lacking",))
    assert not seen.wrong
    assert "not_there" in seen.unseen["lacking"]


def test_a_row_goes_into_each_table_again_whatever_its_triggers_would_say(trial: Trial) -> None:
    trial.do(TABLES)
    trial.do("alter database trial set default_transaction_read_only = on")
    before = trial.ask("select count(*) + sum(n) from every")
    seen = writing(trial.console)
    assert (seen.looked_at, seen.wrong, dict(seen.unseen)) == (11, (), {})
    assert list(seen.excused) == ["table app.lost", "table public.past"]
    assert trial.ask("select count(*) + sum(n) from every") == before
    assert trial.ask("select count(*) from pg_namespace where nspname ~ '^drill'") == 0


def test_a_table_that_takes_its_own_row_no_more_is_missed(trial: Trial) -> None:
    trial.do("create table t (n int); insert into t values (1), (1); create index t_n on t (n)")
    trial.do("update pg_index set indisunique = true where indexrelid = 't_n'::regclass")
    trial.do("create table u (n int); insert into u values (1); create index by_n on u (n)")
    with trial.file("by_n").open("r+b") as index:
        index.truncate()
    with trial.console("postgres") as console:
        console.execute("create extension if not exists pg_buffercache; select pg_buffercache_evict_all()")
    refused, torn = writing(trial.console).wrong
    assert refused.startswith("table public.t: a row that it holds cannot be put in again: UniqueViolation")
    assert torn.startswith("table public.u: ")


def test_a_database_that_keeps_nothing_is_missed(trial: Trial) -> None:
    """As one in which whatever is inserted is gone: here by a trigger on events, which no sandbox lets in."""
    trial.do(
        "create function forget() returns event_trigger language plpgsql as $$ begin"
        " if tg_tag = 'CREATE TABLE' then"
        " execute (select format('create rule r as on insert to %s do instead nothing', object_identity)"
        " from pg_event_trigger_ddl_commands() where object_type = 'table'); end if; end $$;"
        " create event trigger forget on ddl_command_end execute function forget()"
    )
    assert writing(trial.console).wrong == ("the database: what was written and acknowledged is not there",)


def test_text_in_another_order_is_unknown_only_where_nothing_proves_it(trial: Trial) -> None:
    trial.do("""create collation c (provider = builtin, locale = 'C.UTF-8');
        create table t (a text collate c primary key); insert into t values ('a'), ('B'), ('c');
        create table p (a text collate c) partition by range (a)""")
    with trial.console() as console:
        assert collations(console) == Observation(1)
    trial.do("update pg_collation set collversion = 'older' where collname = 'c'")
    with trial.console() as console:
        seen = collations(console)
        assert list(seen.unseen) == ["partitions of public.p"]
        assert "public.c was of version" in seen.unseen["partitions of public.p"]
        assert btree(console).wrong == ()
    trial.do("drop table p")
    with trial.console() as console:
        seen = collations(console)
        assert (seen.wrong, dict(seen.unseen)) == ((), {})
        assert len(seen.excused) == 1


def test_an_index_may_be_in_the_order_of_another_version_of_its_collation(trial: Trial) -> None:
    lacking = "update pg_index set indisready = {0}, indisvalid = {0} where indexrelid = 'without'::regclass"
    trial.do("create collation c (provider = builtin, locale = 'C.UTF-8'); create table t (a text collate c)")
    trial.do("create index ordered on t (a); create index without on t (a)")
    trial.do(lacking.format("false"))
    trial.do("insert into t values ('a'), ('b')")
    trial.do(lacking.format("true"))
    trial.do("update pg_index set indoption = '3' where indexrelid = 'ordered'::regclass")  # in the other order
    for version, unseen in (("1", []), ("older", ["index public.ordered"])):
        trial.do(f"update pg_collation set collversion = '{version}' where collname = 'c'")
        with trial.console() as console:
            seen = btree(console)
        wrong = ["index public.ordered", "index public.without"][len(unseen) :]
        assert [line.partition(":")[0] for line in seen.wrong] == wrong
        assert list(seen.unseen) == unseen


def test_a_collation_that_this_machine_does_not_know_is_no_damage(trial: Trial) -> None:
    trial.do("create collation c (provider = libc, locale = 'C.utf8'); create table t (a text collate c primary key)")
    trial.do("insert into t values ('a'), ('b')")
    trial.do("update pg_collation set collversion = 'older' where collname = 'c'")
    with trial.console() as console:
        for probe in PROBES.values():
            assert probe(console).wrong == ()
        assert "no actual version" in btree(console).unseen["index public.t_pkey"]
