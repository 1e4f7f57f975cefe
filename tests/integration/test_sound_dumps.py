"""Dumps that hold all that was sealed, of servers on which something is uncommon: none of them is missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How
from drill.verdict import Finding, Verdict
from drill.verification import Verification
from tests.fix_home import lone, origin_of

SOUND = {
    "lists": """
create domain size as varchar(9) check (value in ('s', 'm'));
create table o (id int primary key, s varchar(20) check (s in ('new', 'paid')),
  c cidr check (c in ('10.0.0.0/8', '11.0.0.0/8')),
 tags varchar(9)[] default array['a', 'b'], t varchar(20), check (s not in (t, 'x')), size size);
insert into o values (1, 'new');
create index oi on o (id) where s in ('new', 'paid');
create view ov as select id from o where s in ('new', 'paid');
alter table o enable row level security;
create policy op on o using (s in ('new', 'paid'));
create function f() returns bigint language sql begin atomic select count(*) from o where s in ('new', 'paid'); end
""",
}


@pytest.fixture(scope="module")
def found(
    embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Finding, ...]]:
    folder = tmp_path_factory.mktemp("sound")
    nightly = folder / "nightly"
    nightly.mkdir()
    with lone(embedded_premises) as site:
        with site.console() as console:
            for name in SOUND:
                console.execute(f"create database {name} template template0".encode())
        for name, making in SOUND.items():
            with site.console(name) as console:
                console.execute(making.encode())
        sealing = Sealing(origin_of(site, folder), How.DUMPED, tuple(SOUND), nightly, binaries.find().folder)
        sealed = sealing.take(lambda _: None)
        verification = Verification(Offered.recognised(nightly), sealed, embedded_premises)
        yield tuple(verification.run(lambda _: None).findings)


@pytest.mark.parametrize("name", [*SOUND, "copy"])
def test_a_sound_dump_is_met(name: str, found: tuple[Finding, ...]) -> None:
    there = [f for f in found if f.register == name]
    assert there
    assert [(f.check, f.actual) for f in there if f.verdict is not Verdict.MET] == []
