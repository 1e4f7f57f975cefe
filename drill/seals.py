"""A seal of a live server as a file: what was there, and for which copies that is the truth."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from drill.digest import Form
from drill.errors import CannotRun, ScenarioError
from drill.evidence import Seal

SCHEMA_VERSION = 2
# What the versions of a server have of their own, or tell otherwise.
_WORDED = (
    "published tables",
    "locales of collations",
    "rights on functions of others",
    "rights on relations of others",
    "rights on objects of others",
    "ways of subscriptions",
)
# Kinds of objects whose definition a server writes out from what it has parsed, each major version in its own words.
TEXTS = ("views", "rules", "functions", "triggers", "policies", "columns", "relations", "types", *_WORDED)


class How(StrEnum):
    """What the server did while it was sealed, which decides for which copies the seal is exact."""

    DUMPED = "with_dump"  # in the snapshot of a dump: exact for that dump
    PAUSED = "on_paused_standby"  # nothing was replayed meanwhile: exact at that place of the log
    QUIESCED = "quiesced"  # nobody wrote, as the log and the transaction ids prove: exact until somebody writes
    UNDER_LOAD = "under_load"  # exact only for the tables that did not change between two looks


@dataclass(frozen=True, slots=True)
class Place:
    """How far a server was."""

    lsn: str
    transaction: str  # the next transaction id
    at: datetime  # by the clock of the machine that sealed


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transaction that was prepared: nobody sees what it did until somebody commits it, and its locks stand."""

    transaction: int  # of 32 bits, as the log names it
    gid: str
    owner: str
    database: str

    def __str__(self) -> str:
        return f"{self.gid!r} of {self.owner} in {self.database}"


@dataclass(frozen=True, slots=True)
class Sealed:
    """All that is known of a server: its databases, and what they share."""

    how: How
    form: Form
    version: str  # of the server, as "18.6"
    system_identifier: str
    timeline: int
    superuser: str  # whom initdb made
    begun: Place
    ended: Place
    databases: Mapping[str, Seal]
    shared: Mapping[str, Mapping[str, str]]  # what all databases share, roles before all: kind -> name -> definition
    dump: Mapping[str, str] = field(default_factory=dict)  # file -> SHA-256, of the dump taken in the same snapshot
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by database: tables that moved meanwhile
    unsealed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # by database: tables without a digest
    restore_point: str | None = None  # that was written to the log when all was read
    restore_point_lsn: str | None = None  # where its record ends
    nonce: str | None = None  # a random word that was written to the log when all was read
    nonce_lsn: str | None = None  # where its record ends
    prepared: tuple[Prepared, ...] | None = None  # when it began; None where nobody knows: a standby does not tell it

    @property
    def major(self) -> int:
        """The major version of the server."""
        return int(self.version.partition(".")[0])

    def loosened(self, why: str | None, major: int) -> Sealed:
        """The same for a copy on a server of that major version: what it need not hold as it is sealed is marked so.

        `why` says that of every table; None where the copy is of the moment of the seal.
        """
        kinds = {} if major == self.major else dict.fromkeys(TEXTS, f"sealed on {self.major}, which words it otherwise")
        return replace(
            self,
            databases={name: self._loosened(name, seal, why, kinds) for name, seal in self.databases.items()},
        )

    def _loosened(self, database: str, seal: Seal, why: str | None, kinds: Mapping[str, str]) -> Seal:
        moved = {table: "it was written to while it was sealed" for table in self.changed.get(database, ())}
        unsealed = dict.fromkeys(self.unsealed.get(database, ()), "its rows were not sealed")
        every = {} if why is None else dict.fromkeys([*seal.tables, "large objects"], why)
        return replace(seal, loose={**every, **moved, **unsealed, **kinds})


_SEALED = TypeAdapter(Sealed)


def written(sealed: Sealed) -> str:
    """The text of the file; ASCII, so that no name in it can act on a terminal."""
    document: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **_SEALED.dump_python(sealed, mode="json")}
    return json.dumps(document, indent=1) + "\n"


def read(path: Path) -> Sealed:
    """The seal in that file. ScenarioError where there is none, CannotRun where a newer program wrote it."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        version = document.pop("schema_version")
        if "how" not in document:
            found = "the evidence of a drill" if "seals" in document else "it does not say how it was sealed"
            raise ScenarioError(f"{path} is no seal: {found}", hint="name the file that `drill seal` wrote")
        if version != SCHEMA_VERSION:
            raise CannotRun(
                f"{path} is a seal of format {version!r} (schema_version), and this program reads {SCHEMA_VERSION}",
                hint="verify with the program that sealed, or seal anew",
            )
        return _SEALED.validate_python(document, strict=False)
    except OSError as refused:
        raise ScenarioError(f"{path}: {refused.strerror}", hint="name the file that `drill seal` wrote") from refused
    except (ValueError, KeyError, AttributeError, TypeError) as wrong:
        what = (
            wrong.errors(include_url=False, include_input=False)[0]["msg"]
            if isinstance(wrong, ValidationError)
            else wrong
        )
        raise ScenarioError(f"{path} is no seal: {what}", hint="name the file that `drill seal` wrote") from wrong
