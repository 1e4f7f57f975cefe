"""Two servers with every register filled alike, started once for all tests that only need to ask them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import psycopg
import pytest
from psycopg import pq

from drill.digest import PINNED, Digest
from drill.evidence import Holdings, Seal
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.hosts.process import ProcessPremises
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.sites.keys import Keys
from drill.sites.site import COURIER, Site, citizen

PEOPLE, SEED = 400, 7

Changes = dict[str, Digest]


@dataclass(frozen=True)
class Filled:
    """A site, and what each of its registers was sealed with."""

    site: Site
    seals: Mapping[str, Seal]

    def holdings(self, register: str) -> Holdings:
        """What it holds now."""
        return Surveyor().holdings(register, self.site, self.seals[register])

    def expected(self, register: str, holdings: Holdings) -> Changes:
        """Sealed digests and the changes of the receipts that are there."""
        tables = dict(self.seals[register].tables)
        for receipt in holdings.receipts:
            for table, change in receipt.change.items():
                tables[table] += change
        return tables

    def do(self, register: str, statement: str, database: str | None = None) -> None:
        """As the officer, past every key and rule."""
        with self.site.console(database or register) as console:
            console.execute("set session_replication_role = replica")
            console.execute(statement)

    def login(self, register: str, database: str | None = None) -> psycopg.Connection[tuple[object, ...]]:
        """A citizen's own connection."""
        at, role = self.site.host.address(), citizen(register)
        return psycopg.connect(
            host=at.host,
            port=at.port,
            user=role,
            password=self.site.keys.password(role),
            dbname=database or register,
            options=" ".join(f"-c {name}={value.replace(' ', chr(92) + ' ')}" for name, value in PINNED.items()),
            autocommit=True,
        )


def transact(login: psycopg.Connection[tuple[object, ...]], statement: str, parameters: Sequence[str]) -> Changes:
    """Run a transaction's one statement as citizens do; the change of each table, as it was told."""
    result = login.pgconn.exec_params(statement.encode(), [parameter.encode() for parameter in parameters])
    assert result.status == pq.ExecStatus.TUPLES_OK, result.error_message.decode()
    rows = [[(result.get_value(row, column) or b"").decode() for column in range(4)] for row in range(result.ntuples)]
    told = {table: Digest.read(count, one, two) for table, count, one, two in rows}
    assert len(told) == len(rows)
    return told


def _filled(site: Site) -> Filled:
    site.start(site.initialise(), {"fsync": "off"})
    site.create_login(COURIER)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda register: register.fill(site, PEOPLE, SEED), ALL.values()))
    return Filled(site, {name: Surveyor().seal(name, site) for name in ALL})


@pytest.fixture(scope="session")
def sites(embedded_premises: ProcessPremises) -> Iterator[tuple[Filled, Filled]]:
    """Two sites that know nothing of each other, filled with the same people and seed."""
    run_id = new_run_id()
    with ExitStack() as opened:
        hosts = opened.enter_context(embedded_premises.hosts(run_id))
        cable = opened.enter_context(Cable.laid(run_id))
        home, embassy = (
            Site(name, host, cable, Keys(), lambda *_: None)
            for name, host in zip(("home", "embassy"), hosts, strict=True)
        )
        yield _filled(opened.enter_context(home.open())), _filled(opened.enter_context(embassy.open()))


@pytest.fixture(scope="session")
def filled(sites: tuple[Filled, Filled]) -> Filled:
    """The site that tests may let citizens write at, but not damage."""
    return sites[0]


@pytest.fixture(scope="session")
def broken(sites: tuple[Filled, Filled]) -> Filled:
    """The site that tests damage; whoever does so puts it right again."""
    return sites[1]
