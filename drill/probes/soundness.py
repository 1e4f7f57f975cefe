"""Every probe of whether a database is sound in itself, side by side, each over a connection of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

import psycopg

from drill.crew import Crew
from drill.errors import StepFailed
from drill.evidence import Observation
from drill.probes.btree import btree
from drill.probes.collations import collations
from drill.probes.functions import functions
from drill.probes.heap import heap
from drill.probes.large_objects import large_objects
from drill.probes.references import references
from drill.probes.uniqueness import uniqueness
from drill.probes.visibility import visibility
from drill.sites.discretion import of_error

Probe = Callable[[psycopg.Connection[Any]], Observation]
Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]

# By the name of the check that judges it; those that take longest come first.
PROBES: Mapping[str, Probe] = {
    "btree": btree,
    "heap": heap,
    "uniqueness": uniqueness,
    "references": references,
    "visibility": visibility,
    "functions": functions,
    "large_objects": large_objects,
    "collations": collations,
}


def observed(connect: Connect, jobs: int) -> dict[str, Observation]:
    """What each probe sees, so many at once. One whose server goes away, or does not answer, has seen nothing."""
    with Crew(jobs) as crew:
        looks = crew.map(lambda probe: seen(lambda: _over(connect, probe)), PROBES.values())
        return dict(zip(PROBES, looks, strict=True))


def _over(connect: Connect, probe: Probe) -> Observation:
    with connect() as console:
        return probe(console)


def seen(look: Callable[[], Observation]) -> Observation:
    """What it sees; nothing where its server goes away meanwhile, or does not answer."""
    try:
        return look()
    except psycopg.Error as gone:
        return Observation(unseen={"everything": of_error(gone)})
    except StepFailed as refused:  # a site does not let a connection in, as after a crash
        return Observation(unseen={"everything": str(refused)})
