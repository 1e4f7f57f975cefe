"""What may be told of an error over somebody's own rows: names of objects and kinds of causes, never a value.

PostgreSQL's messages may quote rows. So only what is known to name objects is told; all else is left unsaid.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from drill.errors import DrillError

UNSAID = "an error whose text may quote rows, so it is not shown"

_NAME = r'(?:"[^"]*"|[\w.$]+)'
_OBJECT = (
    "role|schema|relation|table|type|database|tablespace|language|sequence|index|view|publication|subscription|server|"
    "extension|access method|foreign-data wrapper|event trigger|text search \\w+|collation|constraint|operator \\w+|"
    "column|trigger|policy|statistics object|materialized view"
)
_SAYABLE = re.compile(
    "|".join(
        (
            rf"(?:{_OBJECT}) {_NAME}(?: (?:of|for) [a-z ]+ {_NAME})*"
            r" (?:does not exist|already exists|is not available)",
            rf"(?:function|procedure|aggregate) {_NAME}\([\w .,\"\[\]]*\) (?:does not exist|already exists)",
            rf"(?:duplicate key value|conflicting key value) violates \w+ constraint {_NAME}",
            rf"(?:insert or update|update or delete) on table {_NAME} violates [\w ]+ constraint {_NAME}",
            rf"new row for relation {_NAME} violates (?:check constraint {_NAME}|partition constraint)",
            rf"null value in column {_NAME} of relation {_NAME} violates not-null constraint",
            rf"no partition of relation {_NAME} found for row",
            rf"value for domain {_NAME} violates check constraint {_NAME}",
            rf"check constraint {_NAME} of relation {_NAME} is violated by some row",
            rf"column {_NAME} of relation {_NAME} contains null values",
            rf"could not create unique index {_NAME}",
            rf"(?:unrecognized (?:configuration )?parameter|invalid value for parameter) {_NAME}",
            rf"invalid (?:input syntax for type|input value for enum|byte sequence for encoding) {_NAME}",
            rf"permission denied (?:for|to) [a-z ]+(?:{_NAME})?",
            rf"must be (?:owner of|superuser|able to)[a-z ]*(?:{_NAME})?",
            rf"could not (?:access file|load library|open extension control file) {_NAME}",
            rf"\w+ (?:must|can only) be loaded via {_NAME}",
            rf"could not create locale {_NAME}|no schema has been selected to create in",
            r"operator does not exist: [\w.,\"\[\] ]*[-+*/<>=~!@#%^&|`?]+[\w.,\"\[\] ]*",
            r"unsupported XML feature|ICU is not supported in this build|compression method \w+ not supported",
            rf"security label provider {_NAME} is not loaded|large object \d+ (?:does not exist|already exists)",
            r"syntax error|out of (?:shared )?memory|deadlock detected|canceling statement due to [a-z ]+",
            r"(?:(?:could not execute query|error returned by \w+): )?server closed the connection unexpectedly|"
            r"connection to server was lost",
            # of pg_restore itself, which speaks of its file
            r"unsupported version \([\d.]+\) in file header|cannot restore from compressed archive \([\w ,]+\)",
            r"could not (?:read from input file|find block ID \d+ in archive|uncompress data|find header for file)|"
            r"could not open input file|did not find magic string in file header|unexpected end of file",
            r"corrupt tar header|input file (?:is too short|does not appear to be a valid archive)",
        )
    )
)
_NO_ROOM = re.compile("no space left on device", re.I)
# A message stands where psql or pg_restore begins a line with it; anywhere else it may be the text of a row.
_SERVERS = r"(?:ERROR|FATAL|PANIC):  ?"
_DOING = r'(?:could not execute query|COPY failed for table (?P<table>"[^"\n]+")): '
_PSQL = rf"psql:[^\n]*?:(?P<line>\d+): (?:{_SERVERS}|error: )"
_MESSAGE = re.compile(rf"^(?:{_PSQL}|(?:pg_restore|psql): error: (?:{_DOING}{_SERVERS})?)(?P<says>.*)", re.M)
# Whoever wrote the function in which it was raised may have worded it.
_THEIRS = re.compile(r"^(?:CONTEXT:  )?(?:in )?PL/\S+ function ", re.M)
_FAILED = re.compile(r"(?P<ours>.*?(?:ended with -?\w+|it said): )(?P<theirs>.*)", re.S)
_HARMLESS = ("08", "28", "3D", "53", "55", "57", "58", "XX")  # SQLSTATEs of the server's own state


def of_program(said: str) -> str:
    """The first message of psql or pg_restore, if it may be told, with the line of the file or the table."""
    found = _MESSAGE.search(said)
    if found is None:
        return UNSAID if said.strip() else "no message"
    line, table, says = found["line"], found["table"], found["says"]
    where = f"in line {line}: " if line else f"in table {table}: " if table else ""
    if _THEIRS.search(said[found.start() :]):
        return where + UNSAID
    no_room = "no space left on device" if _NO_ROOM.search(says) else None
    return where + (_sayable(says) or no_room or UNSAID)


def of_error(error: psycopg.Error) -> str:
    """What a server's error may tell: its kind, what it is about, and the message where that names no value."""
    state, named = error.sqlstate, error.diag
    if state is None:
        return str(error)  # of the client: no server was reached, or it went away
    kind, message = type(error).__name__, named.message_primary or ""
    if _THEIRS.search(named.context or ""):
        return f"{kind} ({state}): {UNSAID}"
    told = message if state.startswith(_HARMLESS) else _sayable(message) or UNSAID
    about = ".".join(filter(None, (named.schema_name, named.table_name, named.constraint_name or named.column_name)))
    return f"{kind} ({state}{', ' + about if about else ''}): {told}"


def _sayable(message: str) -> str | None:
    """The part of a message that names no value."""
    sayable = _SAYABLE.match(message)
    return sayable[0] if sayable else None


@contextmanager
def kept(discreet: bool) -> Iterator[None]:
    """Whatever a program says inside is told without rows, if that is wanted."""
    try:
        yield
    except DrillError as failed:
        spoken = _FAILED.fullmatch(str(failed)) if discreet else None
        if spoken is None:
            raise
        theirs = spoken["theirs"].replace(" | ", "\n")  # as a host tells the lines of a program
        raise type(failed)(spoken["ours"] + of_program(theirs), hint=failed.hint) from None
