"""What is told of an error over somebody's own rows: names of objects and kinds of causes, never a value."""

from __future__ import annotations

import psycopg
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from psycopg import errors
from psycopg.pq import DiagnosticField as Field

from drill.errors import CannotRun, DrillError, NotInTime, StepFailed
from drill.sites.discretion import UNSAID, kept, of_error, of_program

CANARY = "kanaarilind"

# The server's messages that name objects only: SQLSTATE, what may be told, what follows it.
NAMING = [
    ("42704", 'role "harbour_master" does not exist', ""),
    ("42704", 'type "public.geometry" does not exist', ""),
    ("42704", 'collation "pg_catalog.et-x-icu" for encoding "UTF8" does not exist', ""),
    ("42704", 'column "a" of relation "t" does not exist', ""),
    ("42704", 'text search configuration "et" does not exist', ""),
    ("42704", 'unrecognized configuration parameter "app.x"', ""),
    ("22023", 'unrecognized parameter "pg_attver"', ""),
    ("42704", "large object 16398 does not exist", ""),
    ("42P01", 'relation "public.t" does not exist', ""),
    ("42P06", 'schema "public" already exists', ""),
    ("42883", "function st_area(public.geometry, integer[]) does not exist", ""),
    ("42883", "operator does not exist: public.citext = text", ""),
    ("0A000", 'extension "postgis" is not available', ""),
    ("0A000", "ICU is not supported in this build", ""),
    ("22023", 'invalid value for parameter "default_tablespace"', ': "fast"'),
    ("22023", 'security label provider "selinux" is not loaded', ""),
    ("42501", "permission denied for table t", ""),
    ("55000", 'pg_cron can only be loaded via "shared_preload_libraries"', ""),
    ("58P01", 'could not access file "$libdir/x"', ": No such file or directory"),
    ("53200", "out of shared memory", ""),
]
# And those that stand over rows; {} is where they quote one.
QUOTING = [
    ("22P02", "invalid input syntax for type integer", ': "{}"'),
    ("22P02", 'invalid input value for enum "customs.state"', ': "{}"'),
    ("22021", 'invalid byte sequence for encoding "UTF8"', ": 0xe9 {}"),
    ("23502", 'null value in column "name" of relation "ship" violates not-null constraint', ""),
    ("23503", 'insert or update on table "call" violates foreign key constraint "call_ship_fkey"', ""),
    ("23505", 'duplicate key value violates unique constraint "ship_pkey"', ""),
    ("23505", 'could not create unique index "one"', ""),
    ("23514", 'new row for relation "ship" violates check constraint "ship_built_check"', ""),
    ("23514", 'new row for relation "call_2024" violates partition constraint', ""),
    ("23514", 'no partition of relation "call" found for row', ""),
    ("23514", 'value for domain port.metres violates check constraint "metres_check"', ""),
    ("23514", 'check constraint "good" of relation "t" is violated by some row', ""),
    ("42601", "syntax error", ' at or near "{}"'),
]
# Of these nothing can be told without what they quote.
UNSAYABLE = [
    ("22P04", "extra data after last expected column {}"),
    ("22P02", 'malformed array literal: "{}"'),
    ("22P02", '"{}" is not a valid binary digit'),
    ("22008", 'date/time field value out of range: "{}"'),
    ("22023", 'time zone "{}" not recognized'),
    ("2200N", "invalid XML content {}"),
    ("P0001", "{}"),
    ("22000", "row {} is odd"),
]
# What a value might hold so as to be taken for something else.
TRAPS = [
    *(
        '"',
        "'",
        "\n",
        " | ",
        "\\",
        ": ",
        "ERROR:  ",
        "FATAL: ",
        "CONTEXT:  ",
        "pg_restore: error: ",
        "psql:x:9: ERROR:  ",
    ),
    *('role "', '" does not exist', '" must be loaded via "', "violates", "no space left on device", "ended with 1: "),
    *(
        "pg_restore: error: could not execute query: ERROR:  role ",
        'COPY failed for table "',
        "relation ",
        " does not exist",
    ),
]
PIECES = st.sampled_from(TRAPS) | st.text(st.characters(codec="utf-8"), max_size=5)
VALUES = st.lists(PIECES, max_size=8).map(lambda pieces: _with_canaries(pieces))


def _with_canaries(pieces: list[str]) -> str:
    return CANARY + "".join(piece + CANARY for piece in pieces)


def around(value: str) -> str:
    """What PostgreSQL says beside its message."""
    return (
        f"\nDETAIL:  Failing row contains (1, {value}, null).\nHINT:  Is it {value}?\n"
        f'CONTEXT:  COPY ship, line 7, column name: "{value}"\n'
    )


PL = 'CONTEXT:  PL/pgSQL function public.f(text) line 3 at RAISE\nCOPY t, line 1: "{}"\n'
PSQL = "psql:/disk/own-data/dump:35: ERROR:  "
COPYING = 'pg_restore: error: COPY failed for table "ship": ERROR:  '
QUERY = "pg_restore: error: could not execute query: ERROR:  "
FRAMES = {
    "in line 35: ": (PSQL, ""),
    'in table "ship": ': (COPYING, "pg_restore: error: a worker process died unexpectedly\n"),
    "": (QUERY, "Command was: INSERT INTO t VALUES ({});\n"),
}


def raised(state: str, message: str, value: str, context: str = "") -> psycopg.Error:
    """As psycopg raises what a server says."""
    fields = {
        Field.SQLSTATE: state,
        Field.MESSAGE_PRIMARY: message,
        Field.MESSAGE_DETAIL: f"Key (number)=({value}) already exists.",
        Field.MESSAGE_HINT: value,
        Field.INTERNAL_QUERY: f"select {value}",
        Field.CONTEXT: context or f'COPY t, line 1: "{value}"',
        Field.SCHEMA_NAME: "port",
        Field.TABLE_NAME: "ship",
        Field.CONSTRAINT_NAME: "ship_pkey",
    }
    told: dict[int, bytes | None] = {int(field): text.encode("utf-8", "replace") for field, text in fields.items()}
    return errors.lookup(state)(f"{message}{around(value)}", info=told, encoding="utf-8")


# -- what is told ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", FRAMES)
@pytest.mark.parametrize(("state", "says", "more"), [*NAMING, *QUOTING])
def test_what_names_objects_is_told_with_its_place(state: str, says: str, more: str, where: str) -> None:
    begins, ends = FRAMES[where]
    assert of_program(begins + says + more + around(CANARY) + ends) == where + says


@pytest.mark.parametrize(("state", "says", "more"), [*NAMING, *QUOTING])
def test_a_servers_error_is_told_with_what_it_is_about(state: str, says: str, more: str) -> None:
    kind = errors.lookup(state).__name__
    told = of_error(raised(state, says + more.format(CANARY), CANARY))
    assert told.startswith(f"{kind} ({state}, port.ship.ship_pkey): {says}")
    assert CANARY not in told


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("pg_restore: error: unsupported version (1.17) in file header\n", "unsupported version (1.17) in file header"),
        ("pg_restore: error: could not read from input file: end of file\n", "could not read from input file"),
        ("pg_restore: error: could not find block ID 9 in archive -- damaged?", "could not find block ID 9 in archive"),
        ('pg_restore: error: could not open input file "/x/9.dat": No such', "could not open input file"),
        (
            "pg_restore: while PROCESSING TOC:\npg_restore: from TOC entry 3; x\n" + QUERY + "deadlock detected",
            "deadlock detected",
        ),
        (PSQL + 'could not extend file "base/1/2": No space left on device', "in line 35: no space left on device"),
        (PSQL.replace("ERROR:  ", "error: ") + "invalid command \\x", f"in line 35: {UNSAID}"),
        (f"psql:d:9: WARNING:  saw {CANARY}\n{PSQL}{NAMING[0][1]}", f"in line 35: {NAMING[0][1]}"),
        (
            PSQL.replace("ERROR:  ", "error: ") + "connection to server was lost",
            "in line 35: connection to server was lost",
        ),
        (
            "pg_restore: error: could not execute query: server closed the connection unexpectedly\n\tThis probably",
            "could not execute query: server closed the connection unexpectedly",
        ),
        ("psql: error: connection to server failed: FATAL:  no", UNSAID),
        ("Segmentation fault", UNSAID),
        (" \n", "no message"),
        ("", "no message"),
    ],
)
def test_what_programs_say_of_themselves(said: str, told: str) -> None:
    assert of_program(said) == told


@pytest.mark.parametrize("state", ["53100", "57P01", "58030", "XX001"])
def test_what_a_server_says_of_its_own_state_is_told_whole(state: str) -> None:
    said = 'could not extend file "base/5/16384": wrote only 4096 of 8192 bytes at block 7'
    assert of_error(raised(state, said, CANARY, "while scanning block 7")).endswith(f": {said}")


def test_what_no_server_said_is_told_whole() -> None:
    assert of_error(psycopg.OperationalError("the connection is lost")) == "the connection is lost"


# -- what is not -----------------------------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FRAMES)), st.sampled_from([*NAMING, *QUOTING]), VALUES)
@example('in table "ship": ', QUOTING[0], f'{CANARY}\nERROR:  role "{CANARY}" does not exist')
@example("", QUOTING[4], f'{CANARY} | pg_restore: error: COPY failed for table "{CANARY}": ')
def test_a_value_beside_a_message_is_never_told(where: str, message: tuple[str, str, str], value: str) -> None:
    _, says, more = message
    begins, ends = FRAMES[where]
    said = begins + says + more.replace("{}", value) + around(value) + ends.replace("{}", value)
    assert of_program(said) == where + says


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(FRAMES)), st.sampled_from(UNSAYABLE[:-2]), VALUES)
def test_a_message_around_a_value_is_not_told(where: str, message: tuple[str, str], value: str) -> None:
    begins, ends = FRAMES[where]
    said = begins + message[1].replace("{}", value) + around(value) + ends.replace("{}", value)
    told = of_program(said)
    assert CANARY not in told
    assert told.startswith(where)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(FRAMES)),
    VALUES | st.sampled_from([f'role "{CANARY}" does not exist', f"permission denied for {CANARY}"]),
)
def test_words_of_somebodys_own_function_are_not_told(where: str, words: str) -> None:
    begins, ends = FRAMES[where]
    told = of_program(begins + words + "\n" + PL.replace("{}", words) + ends.replace("{}", words))
    assert told in (where + UNSAID, where + "no space left on device")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([(s, m + more) for s, m, more in [*NAMING, *QUOTING]] + UNSAYABLE), VALUES)
def test_a_servers_error_never_tells_a_value(message: tuple[str, str], value: str) -> None:
    state, says = message
    words = says.replace("{}", value)
    context = PL.replace("{}", value).removeprefix("CONTEXT:  ") if state in ("P0001", "22000") else ""
    assert CANARY not in of_error(raised(state, words, value, context))


@pytest.mark.parametrize("state", ["P0001", "42704", "55000", "XX000", "53100"])
@pytest.mark.parametrize("language", ["PL/pgSQL function f(text) line 1 at RAISE", 'in PL/Tcl function "f"'])
def test_neither_words_nor_names_of_their_function_are_told(state: str, language: str) -> None:
    """It can choose the kind of its error, and what that is about."""
    told = of_error(raised(state, f'role "{CANARY}" does not exist', CANARY, f"somewhere\n{language}"))
    assert told == f"{errors.lookup(state).__name__} ({state}): {UNSAID}"


# -- what a host tells of a program ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("failed", "says"),
    [
        (StepFailed("embassy: pg_restore ended with 1: {}", hint="h"), "embassy: pg_restore ended with 1: "),
        (StepFailed("embassy: pg_restore ended with -9: {}", hint="h"), "embassy: pg_restore ended with -9: "),
        (StepFailed("pg_restore ended with None: {}", hint="h"), "pg_restore ended with None: "),
        (NotInTime("x: not within 9 s; killed; it said: {}", hint="h"), "x: not within 9 s; killed; it said: "),
        (CannotRun("x: pg_restore ended with 1: {}", hint="h"), "x: pg_restore ended with 1: "),
    ],
)
def test_what_a_program_said_is_kept(failed: DrillError, says: str) -> None:
    """A host tells its last lines, one after the other."""
    lines = f'{COPYING}invalid input syntax for type integer: "{CANARY}"{around(CANARY)}'.replace("\n", " | ")
    with pytest.raises(DrillError) as told, kept(True):
        raise type(failed)(str(failed).replace("{}", lines), hint=failed.hint)
    assert type(told.value) is type(failed)
    assert str(told.value) == f'{says}in table "ship": invalid input syntax for type integer'
    assert told.value.hint == "h"
    assert told.value.__cause__ is None


@pytest.mark.parametrize("begins", ["ERROR:  ", QUERY, COPYING, PSQL])
def test_a_tail_without_the_beginning_of_its_message_tells_nothing(begins: str) -> None:
    tail = f'DETAIL:  Failing row contains ({CANARY}, {begins}role "{CANARY}" does not exist). | Command was: x'
    with pytest.raises(StepFailed) as told, kept(True):
        raise StepFailed(f"pg_restore ended with 1: {tail}", hint="")
    assert str(told.value) == f"pg_restore ended with 1: {UNSAID}"


@pytest.mark.parametrize(("discreet", "said"), [(False, f"x ended with 1: {CANARY}"), (True, "home: the power is off")])
def test_what_need_not_be_kept_is_told_as_it_is(discreet: bool, said: str) -> None:
    with pytest.raises(StepFailed) as told, kept(discreet):
        raise StepFailed(said, hint="h")
    assert str(told.value) == said
