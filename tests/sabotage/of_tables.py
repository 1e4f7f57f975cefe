"""The files of tables were damaged."""

from __future__ import annotations

from dataclasses import replace

from tests.sabotage.copies import DRAFT, Copy, Kind
from tests.sabotage.damage import Act, Damage, fails, holds, missed, never_comes_up, of_copy, unknown
from tests.sabotage.means import (
    PAGE,
    checksummed,
    emptied,
    exchanged,
    flipped,
    older,
    put,
    relisted,
    removed,
    rewritten,
    served,
    setting,
    shortened,
    together,
    unlisted,
    without,
    zeroed,
)
from tests.sabotage.restored import Restored

_FEWER = "select count(*) < 2000 from tally"
_PASSED_OVER = "select current_setting('ignore_checksum_failure') = 'on' and count(*) = 2000 from tally"
_INVALID = "invalid page in block"


def _with_the_draft(copy: Copy) -> None:
    """Verified with the database that has a table which is never logged."""
    copy.sealed = replace(copy.sealed, databases=copy.vault.sealed.databases)


def _nothing_jotted(copy: Copy, restored: Restored) -> str:
    asked = restored.ask("select count(*) from jotted", DRAFT) if DRAFT in copy.sealed.databases else "not asked"
    return "" if asked == 0 else str(asked)


def _first_again(whole: bytes) -> bytes:
    return whole + whole[:PAGE]


def _from_the_future(copy: Copy) -> None:
    """The first tuple of a table as one that was written later than all there is."""
    whole = bytearray(copy.file("tally").read_bytes())
    at = int.from_bytes(whole[24:28], "little") & 0x7FFF
    whole[at : at + 4] = (1 << 28).to_bytes(4, "little")
    whole[at + 21] &= 0b11111100  # nothing says by now that it was committed, or frozen
    copy.file("tally").write_bytes(bytes(whole))


def _in_a_file_of_its_own(line: str) -> Act:
    """That the copy's own file of settings includes, with the folder that it is in."""

    def done(copy: Copy) -> None:
        (copy.path / "conf.d").mkdir()
        put(copy.path / "conf.d" / "ours.conf", f"{line}\n".encode())
        with (copy.path / "postgresql.conf").open("a") as file:
            file.write("include_dir = 'conf.d'\n")

    return done


TABLES = (
    Damage(
        "a page of a table zeroed",
        Kind.STOPPED,
        zeroed("tally"),
        holds(_FEWER),
        (missed("content", r"differ: public\.tally \(\d+ rows instead of 2000\)"),),
    ),
    Damage(
        "a page of a table zeroed in a base backup",
        Kind.BASE,
        zeroed("tally"),
        holds(_FEWER),
        (of_copy("manifest", "checksum mismatch"), missed("content", r"public\.tally")),
        sample=True,
    ),
    Damage(
        "a page of a table zeroed, and no manifest",
        Kind.BASE,
        unlisted(zeroed("tally")),
        holds(_FEWER),
        (missed("content", r"public\.tally"),),
    ),
    Damage(
        "a page of a table zeroed, and the manifest forged",
        Kind.BASE,
        relisted(zeroed("tally")),
        holds(_FEWER),
        (missed("content", r"public\.tally"),),
    ),
    Damage(
        "pages zeroed of a table that an index holds whole",
        Kind.STOPPED,
        zeroed("sparse", 5, 20),
        holds("set enable_indexonlyscan = off; set enable_bitmapscan = off; select count(*) < 5000 from sparse"),
        (missed("content", r"differ: public\.sparse \(\d+ rows instead of 5000\)"),),
        sample=True,
    ),
    Damage(
        "a table cut by some pages",
        Kind.STOPPED,
        shortened("tally", 5),
        holds(_FEWER),
        (missed("content", r"differ: public\.tally \(\d+ rows instead of 2000\)"),),
    ),
    Damage(
        "a table without a key emptied",
        Kind.STOPPED,
        emptied("tally"),
        holds("select count(*) = 0 from tally"),
        (missed("content", r"differ: public\.tally \(0 rows instead of 2000\)"),),
    ),
    Damage(
        "a table with indexes emptied",
        Kind.BASE,
        relisted(emptied("word")),
        holds("select count(*) = 0 from word"),
        (missed("content", r"differ: public\.word \(0 rows instead of 5176\)"),),
    ),
    Damage(
        "the file of a table missing",
        Kind.STOPPED,
        removed("tally"),
        fails("select count(*) from tally", "could not open file"),
        (missed("content", r"missing: public\.tally"), missed("heap", r"public\.tally: .*could not open file")),
    ),
    Damage(
        "a bit of a table flipped",
        Kind.STOPPED,
        flipped("tally", 1),
        fails("select count(*) from tally", _INVALID),
        (missed("heap", rf"public\.tally: .*{_INVALID} 1"), missed("content", r"missing: public\.tally")),
    ),
    Damage(
        "a value changed in a file, and its checksum made good",
        Kind.STOPPED,
        checksummed(rewritten("tally", b"item 9", b"item 8")),
        holds("select count(*) < 20 from tally where name = 'item 9'"),
        (missed("content", r"differ: public\.tally \(same count\)"),),
    ),
    Damage(
        "a tuple of another transaction, and its checksum made good",
        Kind.STOPPED,
        checksummed(lambda copy: _from_the_future(copy)),
        holds("select count(*) = 1999 from tally"),
        (missed("heap", r"public\.tally: 1 damaged, first block 0"), missed("content", r"1999 rows instead of 2000")),
    ),
    Damage(
        "a page of a table twice, and its checksum made good",
        Kind.STOPPED,
        checksummed(lambda copy: put(copy.file("tally"), _first_again(copy.file("tally").read_bytes()))),
        holds("select count(*) > 2000 from tally"),
        (missed("content", r"differ: public\.tally \(\d+ rows instead of 2000\)"),),
    ),
    Damage(
        "an older file of a table",
        Kind.STOPPED,
        older("former"),
        holds("select sum(n) = -2001000 from former"),
        (missed("content", r"differ: public\.former"),),
    ),
    Damage(
        "the files of two tables exchanged",
        Kind.BASE,
        relisted(exchanged("tally", "former")),
        holds("select max(n) < 0 from tally"),
        (missed("content", r"differ: public\.former \(same count\), public\.tally \(same count\)"),),
    ),
    Damage(
        "the files of two partitions exchanged",
        Kind.BASE,
        relisted(exchanged("visit_2025", "visit_2026")),
        holds("select count(*) = 0 from visit where at < '2026-01-01'"),
        (missed("write_and_read_back", r"table public\.visit_2025: .*violates partition constraint"),),
        sample=True,
    ),
    Damage(
        "a damaged page, and a setting that passes over it",
        Kind.STOPPED,
        together(flipped("tally", 1), setting("zero_damaged_pages = on")),
        holds(_FEWER),
        (
            of_copy("settings", "set in it: zero_damaged_pages"),
            missed("heap", rf"public\.tally: .*{_INVALID} 1"),
        ),
        sample=True,
    ),
    Damage(
        "a damaged page, and a setting that takes its checksum for good",
        Kind.STOPPED,
        together(flipped("tally", 1), setting("Ignore_Checksum_Failure 'true'")),
        holds(_PASSED_OVER),
        (of_copy("settings", "set in it: ignore_checksum_failure"), missed("heap", _INVALID)),
    ),
    Damage(
        "a damaged page, and a file of settings that passes over it",
        Kind.STOPPED,
        together(flipped("tally", 1), _in_a_file_of_its_own("zero_damaged_pages = on")),
        holds(_FEWER),
        (of_copy("settings", "set in it: zero_damaged_pages"), missed("heap", _INVALID)),
    ),
    Damage(
        "a damaged page, and a database that passes over it",
        Kind.STOPPED,
        together(served("alter database bank set zero_damaged_pages = on"), flipped("tally", 1)),
        holds(_FEWER),
        (of_copy("settings", "set in it: zero_damaged_pages=on for all roles in bank"), missed("heap", _INVALID)),
    ),
    Damage(
        "a page of a materialized view zeroed",
        Kind.STOPPED,
        zeroed("totals"),
        holds("select count(*) < 500 from totals"),
        (missed("content", r"differ: public\.totals \(\d+ rows instead of \d+\)"),),
        sample=True,
    ),
    Damage(
        "long values gone",
        Kind.STOPPED,
        emptied("letter toast"),
        fails("select sum(length(body)) from letter", "missing chunk|could not read"),
        (missed("heap", r"public\.letter: .*could not read blocks"), missed("content", r"missing: public\.letter")),
    ),
    Damage(
        "some long values cut off",
        Kind.BASE,
        unlisted(shortened("letter toast", 3)),
        fails("select sum(length(body)) from letter", "missing chunk|unexpected chunk|could not read"),
        (missed("content", r"missing: public\.letter"),),
    ),
    Damage(
        "the pages of large objects gone",
        Kind.STOPPED,
        emptied("pg_largeobject"),
        holds("set enable_indexscan = off; select count(*) = 0 from pg_largeobject"),
        (missed("schema", r"large objects: all is"),),
    ),
    Damage(
        "pages of a large object that is not there",
        Kind.STOPPED,
        served("delete from pg_largeobject_metadata"),
        holds("select count(*) > 0 from pg_largeobject where not exists (select from pg_largeobject_metadata)"),
        (missed("large_objects", r"large objects: \d+ pages belong to no object"),),
        sample=True,
    ),
    Damage(
        "a sequence's older file",
        Kind.STOPPED,
        older("entry_id_seq"),
        fails("insert into entry (account) values (1) returning id", "UniqueViolation"),
        (missed("sequences", r"behind: public\.entry_id_seq"),),
    ),
    Damage(
        "a table that is never logged",
        Kind.BASE,
        _with_the_draft,
        _nothing_jotted,
        (unknown("content", r"public\.jotted: it is unlogged", "draft"),),
    ),
    Damage(
        "what tells of rows that several held gone",
        Kind.STOPPED,
        without("pg_multixact/members/0000"),
        never_comes_up("could not access status of transaction"),
        (of_copy("restored", "could not access status of transaction"),),
    ),
)
