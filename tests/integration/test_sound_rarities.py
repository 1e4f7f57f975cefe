"""Dumps of databases in which something is rare and nothing is wrong: each is met, and none hinders a seal."""

from __future__ import annotations

import pytest

from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How
from drill.verdict import Finding, Verdict
from drill.verification import Verification
from tests.fix_home import lone, origin_of
from tests.fix_own_data import LOCKED_OUT

RARE = {
    "numbers": """
create table n (d float8, r real, p point, a float8[]);
insert into n values ('inf'::float8 - 'inf', 'inf'::real - 'inf', point('inf'::float8 - 'inf', 1), '{nan}'),
  (1, 1, '(1,1)', '{}');
create table places (p point);
insert into places select point(i, i) from generate_series(1, 300) i;
insert into places values ('(nan,nan)');
create index on places using gist (p)
""",
    "looked_for": """
create table t (v tsvector, i int);
insert into t select to_tsvector('simple', 'word ' || i), i from generate_series(1, 300) i;
create index on t using gist (v);
create index on t using brin (i int4_bloom_ops)
""",
    "heirs": """
create extension file_fdw;
create server f foreign data wrapper file_fdw;
create table p (id serial, i int generated always as identity);
insert into p default values;
create table near () inherits (p);
insert into near values (9, 9);
select setval('p_id_seq', 9);
create sequence spent;
select setval('spent', 9223372036854775807);
create foreign table far (i int not null) inherits (p) server f options (filename '/nowhere/at/all')
""",
    "watched": """
create table entered (who name);
insert into entered values ('somebody');
create function enter() returns event_trigger language plpgsql as
  'begin insert into public.entered values (session_user); end';
create event trigger enters on login execute function enter();
alter database watched set event_triggers = on
""",
    "waiting": LOCKED_OUT,
}


@pytest.fixture(scope="module")
def found(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Finding]]:
    """By database; what is met too."""
    folder = tmp_path_factory.mktemp("rare")
    (nightly := folder / "nightly").mkdir()
    with lone(embedded_premises) as site:
        for name, making in RARE.items():
            with site.console() as console:
                console.execute(f"create database {name} template template0".encode())
            with site.console(name) as console:
                console.execute(making.encode())
        sealing = Sealing(origin_of(site, folder), How.DUMPED, tuple(RARE), nightly, binaries.find().folder)
        sealed = sealing.take(lambda _: None)
    findings = Verification(Offered.recognised(nightly), sealed, embedded_premises).run(lambda _: None).findings
    return {name: [f for f in findings if f.register == name] for name in RARE}


@pytest.mark.parametrize("name", RARE)
def test_a_sound_dump_is_met(name: str, found: dict[str, list[Finding]]) -> None:
    assert [(f.check, f.actual) for f in found[name] if f.verdict is not Verdict.MET] == []


@pytest.mark.parametrize("name", ["numbers", "looked_for"])
def test_an_index_of_a_dump_is_excused_where_nobody_can_tell_of_it(name: str, found: dict[str, list[Finding]]) -> None:
    (told,) = [f.actual for f in found[name] if f.check == "btree"]
    assert "no damage: index public." in told
    assert "(the sandbox made it, of its table)" in told
