"""A look at one thing after another: what is wrong with each, and what could not be seen."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, LiteralString, Protocol, TypeVar

import psycopg
from psycopg.sql import SQL, Composed

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
                           else array[m.nspname::text, o.relname::text] end, o.oid is not null,
       coalesce(pg_relation_size(c.oid), 0)
from pg_class c
left join pg_namespace n on n.oid = c.relnamespace
left join (pg_class o left join pg_namespace m on m.oid = o.relnamespace) on c.relkind = 't' and o.reltoastrelid = c.oid
where c.relkind in ('r', 'm', 't') and c.relpersistence <> 't'
order by 2, 1
"""


# What one statement looks at together: bytes on the disk, so that its locks do not stand long.
_TOGETHER = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Thing:
    """A table or an index to look at."""

    oid: int
    name: str
    size: int  # bytes on the disk


class Sized(Protocol):
    """Something that has a size, in bytes on the disk."""

    @property
    def size(self) -> int: ...


class Known(Protocol):
    """Something that has a number in the catalogue."""

    @property
    def oid(self) -> int: ...


T = TypeVar("T", bound=Sized)


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
    def over(self, whole: str = "the database") -> Iterator[None]:
        """Around the whole look: what is raised before and between the things is noted of `whole`.

        psycopg.Error when the connection is gone.
        """
        try:
            yield
        except (psycopg.Error, Absent, UnicodeDecodeError) as said:
            self._note(whole, said)

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
        self.console.execute("rollback to savepoint look; release savepoint look")

    def doubtful(self, things: Iterable[T], wrong: Callable[[Sequence[T]], Composed | bytes]) -> Iterator[T]:
        """Small things are looked at together, which is quicker; yields those that must be looked at one by one.

        `wrong` makes the statement that counts what is wrong with all of some. Where that is not 0, or the server has
        something to say against one of them, nothing is noted here. psycopg.Error when the connection is gone.
        """

        def counted(some: Sequence[T]) -> int:
            ((number,),) = self.console.execute(wrong(some)).fetchall()
            return int(number)

        return self.uncounted(things, counted)

    def uncounted(self, things: Iterable[T], wrong: Callable[[Sequence[T]], int]) -> Iterator[T]:
        """The same, where it takes more than a statement to count what is wrong; what that does is undone."""
        for some in _together(things):
            if len(some) > 1 and self._fine(partial(wrong, some)):
                self.looked_at += len(some)
            else:
                yield from some

    def _fine(self, wrong: Callable[[], int]) -> bool:
        self.console.execute("savepoint look")
        try:
            fine = wrong() == 0
        except (psycopg.Error, Absent, UnicodeDecodeError):
            if self.console.closed:
                raise
            fine = False
        self.console.execute("rollback to savepoint look; release savepoint look")
        return fine

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


def _together(things: Iterable[T]) -> Iterator[list[T]]:
    """In their order; what is large is alone."""
    some, size = list[T](), 0
    for thing in things:
        if some and size + thing.size > _TOGETHER:
            yield some
            some, size = [], 0
        some.append(thing)
        size += thing.size
    if some:
        yield some


def tables(console: psycopg.Connection[Any]) -> list[Thing]:
    """Everything that has rows of its own, catalogues and TOAST tables too; no temporary tables."""
    found = console.execute(_TABLES).fetchall()
    return [
        Thing(oid, f"TOAST of {named(*names)}" if toast else named(*names), size) for oid, names, toast, size in found
    ]


def oids(things: Iterable[Known]) -> Composed:
    """As an array in SQL."""
    return SQL("{}::oid[]").format([thing.oid for thing in things])


def named(*names: str | None) -> str:
    """As it is told: in one line, quoted where dots in a name would make it another thing's."""
    told = [printable(name or "?") for name in names]
    return ".".join(f'"{name}"' for name in told) if any("." in name for name in told) else ".".join(told)


def printable(text: str) -> str:
    """In one line."""
    return "".join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)
