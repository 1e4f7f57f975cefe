"""The files of a dump were damaged, or too little was dumped, or it was loaded another way than it was meant."""

from __future__ import annotations

import re
from pathlib import Path

from tests.sabotage.copies import BANK, Copy, Kind
from tests.sabotage.damage import Act, Damage, fails, holds, missed, never_comes_up, of_copy, shows
from tests.sabotage.means import put, together
from tests.sabotage.means_for_dumps import member, roles, sql, text

_TRAILER = "--\n-- PostgreSQL database dump complete\n--\n"
_ROWS = "select count(*) < 5176 from word"


def _short(tenths: int, name: str = "") -> Act:
    def done(copy: Copy) -> None:
        path = copy.path / name if name else copy.dump
        whole = path.read_bytes()
        put(path, whole[: len(whole) * tenths // 10])

    return done


def _before_constraints(whole: str) -> str:
    """All rows, and nothing of what comes behind them."""
    return whole[: whole.index("-- Name: account account_pkey; Type: CONSTRAINT")]


def _tables(change: str) -> Act:
    """What is done to the files of a directory dump in which the rows of two tables of the same columns lie."""

    def done(copy: Copy) -> None:
        one, two = member(copy, r"item 1\t1\n"), member(copy, r"item 1\t-")
        rows, others = one.read_bytes(), two.read_bytes()
        match change:
            case "swapped":
                put(one, others)
                put(two, rows)
            case "a row left out":
                put(one, rows.replace(b"item 9\t9\n", b"", 1))
            case "cut":
                put(one, rows[: len(rows) // 2])
            case _:
                one.unlink()

    return done


def _unlisted(copy: Copy) -> None:
    copy.listed = False


def _gone(name: str = "") -> Act:
    return lambda copy: (copy.path / name if name else copy.dump).unlink()


def _data_alone(copy: Copy) -> None:
    """The schema first, then the rows past all triggers: what a foreign key would refuse comes in."""
    schema, rows = copy.path / "schema.sql", copy.path / "rows.sql"
    copy.vault.dump(BANK, schema, "--schema-only")
    copy.vault.dump(BANK, rows, "--data-only", "--disable-triggers")
    without_parent = re.sub(r"(?m)^5\towner 5\t.*\n", "", rows.read_text(), count=1)
    copy.dump.write_text(schema.read_text() + without_parent)
    for path in (schema, rows):
        path.unlink()


def _of_another(copy: Copy) -> None:
    copy.vault.dump("postgres", copy.dump, "-Fc")


DUMPED = (
    Damage("a plain dump cut at 60 %", Kind.PLAIN, _short(6), holds(_ROWS), (missed("restored", "cut short"),)),
    Damage(
        "a plain dump cut where a statement ends",
        Kind.PLAIN,
        text(_before_constraints),
        holds("select count(*) = 0 from pg_constraint where conrelid = 'account'::regclass and contype = 'p'"),
        (missed("restored", "cut short"),),
    ),
    Damage(
        "the same, with its last line forged",
        Kind.PLAIN,
        text(lambda whole: _before_constraints(whole) + _TRAILER),
        holds("select count(*) = 0 from pg_index where indrelid = 'account'::regclass"),
        (
            missed("constraints", r"missing: public\.account\.account_pkey"),
            missed("indexes", r"missing: public\.account_pkey"),
        ),
        sample=True,
    ),
    Damage(
        "a plain dump that is empty",
        Kind.PLAIN,
        lambda copy: put(copy.dump, b""),
        fails("select count(*) from account", "UndefinedTable"),
        (missed("restored", "is empty"),),
    ),
    Damage(
        "a custom dump cut at 60 %",
        Kind.CUSTOM,
        _short(6),
        never_comes_up("."),
        (missed("restored", "cannot be loaded"),),
    ),
    Damage(
        "a bit of a custom dump flipped",
        Kind.CUSTOM,
        lambda copy: _flip_rows(copy.dump),
        never_comes_up("."),
        (missed("restored", "cannot be loaded"),),
    ),
    Damage(
        "a member of a directory dump missing",
        Kind.DIRECTORY,
        _tables("gone"),
        never_comes_up("."),
        (missed("restored", "cannot be loaded"),),
    ),
    Damage(
        "two members of a directory dump swapped",
        Kind.DIRECTORY,
        _tables("swapped"),
        holds("select max(n) < 0 from tally"),
        (missed("content", r"differ: public\.former \(same count\), public\.tally \(same count\)"),),
    ),
    Damage(
        "a row left out of a directory dump",
        Kind.DIRECTORY,
        _tables("a row left out"),
        holds("select count(*) = 1999 from tally"),
        (missed("content", r"differ: public\.tally \(1999 rows instead of 2000\)"),),
    ),
    Damage(
        "a member of a directory dump cut short",
        Kind.DIRECTORY,
        _tables("cut"),
        holds("select count(*) < 2000 from tally"),
        (missed("restored", r"cut short: \d+\.dat"),),
    ),
    Damage(
        "the list of large objects of a directory dump missing",
        Kind.DIRECTORY,
        lambda copy: next(copy.dump.glob("blobs_*.toc")).unlink(),
        holds("select count(*) = 0 from pg_largeobject"),
        (missed("restored", "cannot be loaded"),),
    ),
    Damage(
        "rows loaded past their foreign keys",
        Kind.PLAIN,
        _data_alone,
        holds("select count(*) = 6 from entry where account = 5 and not exists (select from account where id = 5)"),
        (
            missed("references", r"foreign key public\.entry\.entry_account_fkey: 6 rows refer to nobody"),
            missed("content", r"public\.account \(499 rows instead of 500\)"),
        ),
        sample=True,
    ),
    Damage(
        "foreign keys left switched off",
        Kind.PLAIN,
        text(lambda whole: whole.replace(_TRAILER, f"alter table public.entry disable trigger all;\n\n{_TRAILER}")),
        holds("insert into entry (account) values (99999) returning true"),
        (missed("constraints", r"not validated: public\.entry\.entry_account_fkey"),),
    ),
    Damage(
        "the beginning of a custom dump destroyed",
        Kind.CUSTOM,
        lambda copy: put(copy.dump, bytes(16) + copy.dump.read_bytes()[16:]),
        never_comes_up("does not appear to be a valid"),
        (missed("restored", "is no dump"),),
    ),
    Damage(
        "dumped without its owners",
        Kind.PLAIN,
        sql(options=["--no-owner"]),
        holds("select relowner <> 'boss'::regrole from pg_class where relname = 'entry'"),
        (missed("schema", r"owners: public\.entry is 'drill'"),),
    ),
    Damage(
        "dumped without its rights",
        Kind.DIRECTORY,
        sql(options=["--no-privileges"]),
        holds("select not has_table_privilege('clerk', 'account', 'select')"),
        (missed("schema", r"grants: public\.account is"),),
        sample=True,
    ),
    Damage(
        "dumped without the rows of a table",
        Kind.CUSTOM,
        sql(options=["--exclude-table-data=tally"]),
        holds("select count(*) = 0 from tally"),
        (missed("content", r"differ: public\.tally \(0 rows instead of 2000\)"),),
    ),
    Damage(
        "dumped without its large objects",
        Kind.CUSTOM,
        sql(options=["--no-large-objects"]),
        holds("select count(*) = 0 from pg_largeobject"),
        (missed("schema", r"large objects: all is missing"),),
    ),
    Damage(
        "the schema without a row",
        Kind.CUSTOM,
        sql(options=["--schema-only"]),
        holds("select count(*) = 0 from account"),
        (missed("content", r"public\.account \(0 rows instead of 500\)"),),
    ),
    Damage(
        "the dump of another database",
        Kind.CUSTOM,
        _of_another,
        fails("select count(*) from account", "UndefinedTable"),
        (missed("content", r"missing: public\.account"), missed("schema", "is missing")),
    ),
    Damage(
        "the dump missing",
        Kind.CUSTOM,
        together(_gone(), _unlisted),
        never_comes_up("there is none"),
        (of_copy("manifest", r"bank\.dump is missing"), missed("restored", "the copy has no dump of it")),
    ),
    Damage(
        "another file under the name of the dump",
        Kind.CUSTOM,
        together(sql("update account set balance = 7 where id = 1"), _unlisted),
        holds("select balance = 7 from account where id = 1"),
        (
            of_copy("manifest", r"bank\.dump is not the file that was sealed"),
            missed("content", r"differ: public\.account \(same count\)"),
        ),
        sample=True,
    ),
    Damage(
        "no roles beside the dump",
        Kind.CUSTOM,
        _gone("globals.sql"),
        shows(lambda copy: not (copy.path / "globals.sql").exists()),
        (of_copy("roles", "none; 2 were sealed: boss, clerk"),),
    ),
    Damage(
        "the file of roles cut short",
        Kind.CUSTOM,
        _short(8, "globals.sql"),
        shows(lambda copy: "complete" not in (copy.path / "globals.sql").read_text()),
        (of_copy("roles", "cut short"),),
    ),
    Damage(
        "a role that may do everything",
        Kind.PLAIN,
        roles(r"ALTER ROLE clerk WITH NOSUPERUSER", "ALTER ROLE clerk WITH SUPERUSER"),
        shows(lambda copy: "clerk WITH SUPERUSER" in (copy.path / "globals.sql").read_text()),
        (of_copy("roles", "roles: clerk is 't t"),),
    ),
    Damage(
        "a role that cannot log in",
        Kind.PLAIN,
        roles(r"(ALTER ROLE clerk .*) LOGIN", r"\1 NOLOGIN"),
        shows(
            lambda copy: re.search("ALTER ROLE clerk .* NOLOGIN", (copy.path / "globals.sql").read_text()) is not None
        ),
        (of_copy("roles", "roles: clerk is"), missed("logins", "clerk: it may not log in")),
        sample=True,
    ),
    Damage(
        "a membership lost",
        Kind.CUSTOM,
        roles(r"GRANT boss TO clerk.*\n", ""),
        shows(lambda copy: "GRANT boss" not in (copy.path / "globals.sql").read_text()),
        (of_copy("roles", "memberships: boss for clerk is missing"),),
    ),
    Damage(
        "what a role has set lost",
        Kind.CUSTOM,
        roles(r"ALTER ROLE clerk SET .*\n", ""),
        shows(lambda copy: "SET work_mem" not in (copy.path / "globals.sql").read_text()),
        (of_copy("roles", "settings: clerk is missing"),),
    ),
)


def _flip_rows(path: Path) -> None:
    """A bit in the middle of it, where compressed rows are."""
    whole = bytearray(path.read_bytes())
    whole[len(whole) // 2] ^= 1
    put(path, bytes(whole))
