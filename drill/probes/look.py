"""A look at one thing after another: what is wrong with each, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, LiteralString

import psycopg

from drill.evidence import Observation
from drill.probes.borrowed import Absent
from drill.sites.discretion import of_error

# The server says that what is stored is damaged: internal and data-corrupted errors, a missing file, a failed read,
# bytes that are no text. Every other error says something of the server or of the looking.
_DAMAGE = ("XX", "58P01", "58030", "22021")

# An internal error as well, and none of what is stored: this machine orders text otherwise, and cannot tell how.
_NO_DAMAGE = "has no actual version, but a version was recorded"

_TABLES: LiteralString = """
select c.oid::bigint, case when o.oid is null then array[n.nspname::text, c.relname::text]
                           else array[m.nspname::text, o.relname::text] end, o.oid is not null
from pg_class c
left join pg_namespace n on n.oid = c.relnamespace
left join (pg_class o left join pg_namespace m on m.oid = o.relnamespace) on c.relkind = 't' and o.reltoastrelid = c.oid
where c.relkind in ('r', 'm', 't') and c.relpersistence <> 't'
order by 2, 1
"""


@dataclass
class Look:
    """Gathers what a probe sees over its console."""

    console: psycopg.Connection[Any]
    looked_at: int = 0
    wrong: list[str] = field(default_factory=list)
    unseen: dict[str, str] = field(default_factory=dict)

    @property
    def observation(self) -> Observation:
        """All of it."""
        return Observation(self.looked_at, tuple(self.wrong), dict(self.unseen))

    @contextmanager
    def over(self) -> Iterator[None]:
        """Around the whole look: what is raised before and between the things is noted of the database.

        psycopg.Error when the connection is gone.
        """
        try:
            yield
        except (psycopg.Error, Absent, UnicodeDecodeError) as said:
            self._note("the database", said)

    @contextmanager
    def at(self, thing: str) -> Iterator[None]:
        """One thing, inside a transaction; what is done to it is undone, and its locks are released.

        What the server says against it is noted, not raised; psycopg.Error when the connection is gone.
        """
        self.console.execute("savepoint look")
        try:
            yield
            self.looked_at += 1
        except (psycopg.Error, Absent, UnicodeDecodeError) as said:
            self._note(thing, said)
        self.console.execute("rollback to savepoint look")

    def _note(self, thing: str, said: psycopg.Error | Absent | UnicodeDecodeError) -> None:
        if isinstance(said, Absent):
            self.unseen[said.thing or thing] = str(said)
        elif isinstance(said, UnicodeDecodeError):
            self.unseen[thing] = "a name is not in UTF-8"
        elif self.console.closed:
            raise said
        elif (said.sqlstate or "").startswith(_DAMAGE) and _NO_DAMAGE not in str(said):
            self.looked_at += 1
            self.wrong.append(f"{thing}: {of_error(said)}")
        else:
            self.unseen[thing] = of_error(said)


def tables(console: psycopg.Connection[Any]) -> list[tuple[int, str]]:
    """Oid and name of everything that has rows of its own, catalogues and TOAST tables too; no temporary tables."""
    found = console.execute(_TABLES).fetchall()
    return [(oid, f"TOAST of {named(*names)}" if toast else named(*names)) for oid, names, toast in found]


def named(*names: str | None) -> str:
    """As it is told: in one line, quoted where dots in a name would make it another thing's."""
    told = [printable(name or "?") for name in names]
    return ".".join(f'"{name}"' for name in told) if any("." in name for name in told) else ".".join(told)


def printable(text: str) -> str:
    """In one line."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
