"""What a seal may leave in the log of its server when all was read: a restore point, a random word. Nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, LiteralString

from drill.errors import CannotRun
from drill.sites.wal import Record

_LONGEST_NAME = 63  # bytes, of a restore point
_SAYS = (
    "drill seal "  # what pg_waldump shows in front of a nonce, which is in the prefix: a message's text it shows in hex
)
MESSAGE = "LogicalMessage"  # as pg_waldump calls such records

_POINT: LiteralString = "select pg_catalog.pg_create_restore_point(%s)::text"
_MESSAGE: LiteralString = "select pg_catalog.pg_logical_emit_message(false, %s::text, ''::text)::text"


@dataclass(frozen=True, slots=True)
class Mark:
    """One of them."""

    field: Literal["restore_point", "nonce"]  # in the seal
    word: str  # there
    statement: LiteralString  # writes it, and returns the LSN at which its record ends
    written: str  # the statement's argument
    function: str  # that the statement calls

    @property
    def kind(self) -> str:
        """As people say it."""
        return self.field.replace("_", " ")

    @property
    def option(self) -> str:
        """Of the command line."""
        return f"--{self.field.replace('_', '-')}"


def restore_point(name: str) -> Mark:
    """CannotRun where no restore point can be called so."""
    if not 0 < len(name.encode()) <= _LONGEST_NAME:
        hint = f"choose a name of 1 to {_LONGEST_NAME} bytes"
        raise CannotRun(f"a restore point cannot be named {name!r}: {len(name.encode())} bytes", hint=hint)
    return Mark("restore_point", name, _POINT, name, "pg_create_restore_point")


def nonce() -> Mark:
    """Of 128 bits that nobody can have written before."""
    word = secrets.token_hex(16)
    return Mark("nonce", word, _MESSAGE, f"{_SAYS}{word}", "pg_logical_emit_message")


def holds(records: Iterable[Record], word: str) -> bool:
    """Whether that nonce is in one of them."""
    shown = f'prefix "{_SAYS}{word}"'
    return any(record.kind == MESSAGE and shown in record.says for record in records)
