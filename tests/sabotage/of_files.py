"""The files of a server were damaged: those of its rows, of its indexes, and of what it knows of itself."""

from __future__ import annotations

import shutil

from tests.fix_home import bare
from tests.sabotage.copies import DRAFT, Copy, Kind
from tests.sabotage.damage import Damage, doubt_of_copy, fails, holds, missed, never_comes_up, of_copy, shows, unknown
from tests.sabotage.means import (
    checksummed,
    cut,
    emptied,
    exchanged,
    flipped,
    older,
    overwritten,
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
_NO_BLOCK = "could not read block|could not open file"
_BY_INDEX = "set enable_seqscan = off; "


def _another_server(copy: Copy) -> None:
    """Of somebody who has a server of the same version."""
    with bare(copy.vault.premises, copy.vault.home.keys) as other:
        made = other.initialise()
        shutil.rmtree(copy.path)
        shutil.copytree(str(made), copy.path)


def _read_while_it_ran(copy: Copy) -> None:
    """As cp does: one table was read before its last changes, the rest after."""
    together(without("backup_label", "backup_manifest"), older("account"))(copy)


def _with_the_draft(copy: Copy) -> None:
    """Verified with the database that has a table which is never logged."""
    copy.sealed = copy.vault.sealed


def _nothing_jotted(copy: Copy, restored: Restored) -> str:
    asked = restored.ask("select count(*) from jotted", DRAFT) if DRAFT in copy.sealed.databases else "not asked"
    return "" if asked == 0 else str(asked)


HEAPS = (
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

INDEXES = (
    Damage(
        "an older file of an index",
        Kind.STOPPED,
        older("word_btree"),
        holds(f"{_BY_INDEX}select count(*) = 0 from word where word between md5('later47') and md5('later47')"),
        (missed("btree", r"index public\.word_btree: .*lacks matching index tuple"),),
        sample=True,
    ),
    Damage(
        "the file of an index without a page",
        Kind.STOPPED,
        emptied("word_btree"),
        fails("insert into word values (-1, 'x')", "could not read blocks"),
        (missed("btree", r"index public\.word_btree: "), missed("write_and_read_back", r"table public\.word: ")),
        sample=True,
    ),
    Damage(
        "text ordered by another version of its collation",
        Kind.STOPPED,
        served("update pg_database set datcollversion = 'older'"),
        holds("select datcollversion = 'older' from pg_database where datname = 'bank'"),
        (unknown("collations", r"partitions of public\.street \(.* was of version older, and is of "),),
        sample=True,
    ),
    Damage(
        "an older file of a key",
        Kind.BASE,
        relisted(older("word_pkey")),
        holds(
            "insert into word values (14001, 'twice') on conflict do nothing;"
            " select count(*) > 1 from word where id + 0 = 14001"
        ),
        (missed("btree", r"index public\.word_pkey: .*lacks matching index tuple"),),
    ),
    Damage(
        "an older file of a hash index",
        Kind.STOPPED,
        older("word_hash"),
        holds(
            "drop index word_btree; set enable_seqscan = off; select count(*) = 0 from word where word = md5('later47')"
        ),
        (missed("btree", r"index public\.word_hash: \d+ rows are not found by it"),),
    ),
    Damage(
        "a page of an index zeroed",
        Kind.STOPPED,
        zeroed("word_btree", 3),
        shows(lambda copy: bytes(8192) in copy.file("word_btree").read_bytes()),
        (missed("btree", r"index public\.word_btree: "),),
    ),
    Damage(
        "a bit of an index flipped",
        Kind.BASE,
        unlisted(flipped("word_btree", 3)),
        fails(f"{_BY_INDEX}set enable_bitmapscan = off; select count(word) from word where word > ''", _INVALID),
        (missed("btree", rf"index public\.word_btree: .*{_INVALID}"),),
    ),
    Damage(
        "an index emptied",
        Kind.STOPPED,
        emptied("word_btree"),
        fails(f"{_BY_INDEX}select count(*) from word where word = md5('7')", "could not read block|contains no"),
        (missed("btree", r"index public\.word_btree: "),),
    ),
    Damage(
        "the index of long values emptied",
        Kind.STOPPED,
        lambda copy: emptied(copy.vault.toast_index("letter"))(copy),
        fails("select sum(length(body)) from letter", "could not read block|contains no"),
        (missed("btree", r"index pg_toast\."), missed("heap", r"letter")),
    ),
    Damage(
        "an index of the catalogue emptied",
        Kind.STOPPED,
        emptied("pg_attrdef_adrelid_adnum_index"),
        fails("insert into word (id) values (1)", "."),
        (missed("restored", "cannot be surveyed: .*could not read blocks"),),
    ),
    Damage(
        "a map that calls deleted rows visible",
        Kind.STOPPED,
        older("word", "_vm"),
        holds(f"{_BY_INDEX}set enable_bitmapscan = off; select count(*) > 0 from word where id between 10 and 15"),
        (missed("visibility", r"public\.word: \d+ tuples not visible to all"),),
        sample=True,
    ),
    Damage(
        "a key twice, past its index",
        Kind.STOPPED,
        served(
            "update pg_index set indisready = false where indexrelid = 'word_pkey'::regclass",
            "insert into word values (50, 'twice')",
            "update pg_index set indisready = true where indexrelid = 'word_pkey'::regclass",
        ),
        holds("select count(*) = 2 from word where id + 0 = 50"),
        (missed("uniqueness", r"index public\.word_pkey: 1 rows have a key that another row has"),),
        sample=True,
    ),
    Damage(
        "a row that refers to nobody",
        Kind.STOPPED,
        served("delete from account where id = 5"),
        holds("select count(*) > 0 from entry where account = 5"),
        (missed("references", r"foreign key public\.entry\.entry_account_fkey: \d+ rows refer to nobody"),),
    ),
    Damage(
        "texts in another order than their index",
        Kind.STOPPED,
        served(
            "create or replace function ordered(a text, b text) returns int language sql immutable as"
            " 'select - pg_catalog.bttextcmp(a, b)'"
        ),
        holds("select ordered('a', 'b') > 0"),
        (missed("btree", r"index public\.word_own: .*item order invariant violated"),),
    ),
    Damage(
        "a compiled function whose symbol is gone, in files",
        Kind.STOPPED,
        served("update pg_proc set prosrc = 'no_such' where proname = 'theirs'"),
        fails("create trigger t before insert on tally execute function theirs()", "could not find function|."),
        (missed("functions", r"function (public\.)?theirs\(\): could not find function"),),
        sample=True,
    ),
    Damage(
        "a compiled function whose library is absent, in files",
        Kind.STOPPED,
        served("update pg_proc set probin = '$libdir/gone' where proname = 'theirs'"),
        fails("load '$libdir/gone'", "could not access file"),
        (unknown("functions", r"library \$libdir/gone"),),
    ),
)

CLUSTERS = (
    Damage(
        "which transactions were committed zeroed",
        Kind.STOPPED,
        overwritten("pg_xact/0000"),
        shows(lambda copy: not any((copy.path / "pg_xact/0000").read_bytes())),
        (missed("heap", r"public\.letter: \d+ damaged"),),
    ),
    Damage(
        "which transactions were committed cut short",
        Kind.STOPPED,
        cut("pg_xact/0000", 0),
        never_comes_up("."),
        (of_copy("restored", "."),),
    ),
    Damage(
        "a byte of the control file changed",
        Kind.STOPPED,
        overwritten("global/pg_control", 40, b"\x13"),
        never_comes_up("."),
        (of_copy("restored", "control file"),),
        sample=True,
    ),
    Damage(
        "the control file missing",
        Kind.BASE,
        unlisted(without("global/pg_control")),
        never_comes_up("."),
        (of_copy("restored", "pg_control"),),
    ),
    Damage(
        "where the catalogue lies forgotten",
        Kind.STOPPED,
        without("global/pg_filenode.map"),
        never_comes_up("."),
        (of_copy("restored", "."),),
    ),
    Damage(
        "a label without its backup",
        Kind.BASE,
        without("backup_label"),
        shows(lambda copy: not (copy.path / "backup_label").exists()),
        (of_copy("manifest", "backup_label"), doubt_of_copy("provenance", "no backup_label")),
    ),
    Damage(
        "the files of a server that ran",
        Kind.BASE,
        _read_while_it_ran,
        holds("select coalesce(sum(balance), 0) <> 140275 from account"),
        (doubt_of_copy("provenance", "no backup_label"), missed("restored", "cannot be surveyed")),
    ),
    Damage(
        "the copy of another server",
        Kind.STOPPED,
        _another_server,
        fails("select 1", 'database "bank" does not exist'),
        (of_copy("identity", r"\d+, sealed: \d+"), unknown("restored", "the copy has no such database")),
        sample=True,
    ),
)


def _from_the_future(copy: Copy) -> None:
    """The first tuple of a table as one that was written later than all there is."""
    whole = bytearray(copy.file("tally").read_bytes())
    at = int.from_bytes(whole[24:28], "little") & 0x7FFF
    whole[at : at + 4] = (1 << 28).to_bytes(4, "little")
    whole[at + 21] &= 0b11111100  # nothing says by now that it was committed, or frozen
    copy.file("tally").write_bytes(bytes(whole))
