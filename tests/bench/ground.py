"""Where the measuring stands: two embedded sites, home filled and sealed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from drill.clock import Clock
from drill.crew import Crew
from drill.evidence import Seal
from drill.hosts import binaries
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.hosts.process import ProcessPremises
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.sites.keys import Keys
from drill.sites.site import Site
from drill.timeline import Timeline

SEVEN = {name: register for name, register in ALL.items() if name != "own_data"}


@dataclass(frozen=True)
class Ground:
    """Both sites, and what home knew of its registers."""

    home: Site
    embassy: Site
    seals: Mapping[str, Seal]
    people: int

    @property
    def registers(self) -> tuple[str, ...]:
        return tuple(self.seals)

    def timeline(self) -> Timeline:
        """A new one: nothing that is measured looks at it."""
        return Timeline(Clock())

    def size(self) -> int:
        """Bytes of home's databases."""
        return int(self.home.ask("select sum(pg_database_size(oid))::bigint from pg_database")[0][0])


def premises() -> ProcessPremises:
    return ProcessPremises(binaries.find(), "bench")


@contextmanager
def sites() -> Iterator[tuple[Site, Site]]:
    """Home, founded and empty, and the embassy's machine."""
    with ExitStack() as stack:
        run_id = new_run_id()
        hosts = stack.enter_context(premises().hosts(run_id))
        cable, keys = stack.enter_context(Cable.laid(run_id)), Keys()
        home, embassy = (
            stack.enter_context(Site(host.name, host, cable, keys, lambda *_: None).open()) for host in hosts
        )
        home.found(embassy)
        yield home, embassy


@contextmanager
def filled(people: int) -> Iterator[Ground]:
    """With every register of so many people."""
    with sites() as (home, embassy):
        with Crew(2) as crew:
            list(crew.map(lambda register: register.fill(home, people, 1), SEVEN.values()))
        seals = {name: Surveyor().seal(name, home) for name in SEVEN}
        yield Ground(home, embassy, seals, people)
