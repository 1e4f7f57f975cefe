"""A database that one test may damage, on a server of its module, and what the checks of soundness say of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from drill.checks.soundness import SOUNDNESS
from drill.evidence import Observation
from drill.hosts.process import ProcessPremises
from drill.probes.soundness import PROBES
from drill.sites.site import Site
from drill.verdict import Finding
from tests.fix_home import lone
from tests.unit.stories import GOOD, held

QUICK = {"fsync": "off", "autovacuum": "off"}


@dataclass(frozen=True)
class Trial:
    """A database of one test, on a server that the tests share."""

    site: Site
    database: str = "trial"

    @contextmanager
    def made(self) -> Iterator[None]:
        """There, and dropped afterwards."""
        self.do(f"create database {self.database} template template0", "postgres")
        yield
        self.do(f"drop database {self.database} with (force)", "postgres")

    def console(self, database: str = "") -> psycopg.Connection[Any]:
        return self.site.console(database or self.database)

    def do(self, statement: str, database: str = "") -> None:
        with self.console(database) as console:
            console.execute(statement.encode())

    def ask(self, query: str) -> Any:
        ((answer,),) = self.site.ask(query, database=self.database)
        return answer

    def judged(self, check: str) -> Finding:
        with self.console() as console:
            return judged(check, PROBES[check](console))

    def file(self, relation: str, fork: str = "") -> Path:
        """The file of a table or an index, its pages written out."""
        path = self.ask(f"select pg_relation_filepath('{relation}')")
        self.do("checkpoint")
        assert self.site.data is not None
        return Path(self.site.data / f"{path}{fork}")

    def written(self, file: Path, whole: bytes | bytearray) -> None:
        """The file as it is to be, and no page of it left in memory."""
        with file.open("r+b") as opened:
            opened.write(whole)
        self.do("select public.pg_buffercache_evict_all()", "postgres")

    def spoilt(self, file: Path) -> None:
        """One bit of its first page is another."""
        whole = bytearray(file.read_bytes())
        whole[8000] ^= 1
        self.written(file, whole)


def judged(check: str, observation: Observation) -> Finding:
    """What the check of that name says of what its probe saw."""
    evidence = replace(GOOD, holdings={"land": held(observations={check: observation})})
    (found,) = (f for each in SOUNDNESS if each.__name__ == check for f in each(evidence))
    return found


@pytest.fixture(scope="module")
def site(embedded_premises: ProcessPremises) -> Iterator[Site]:
    """A server for one module's trials; what is lost with it nobody misses."""
    with lone(embedded_premises, QUICK) as site:
        yield site


@pytest.fixture
def trial(site: Site) -> Iterator[Trial]:
    """A database for one test, on the server of its module."""
    trial = Trial(site)
    with trial.made():
        yield trial
