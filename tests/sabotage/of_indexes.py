"""The files of indexes and maps were damaged, or what they are made by."""

from __future__ import annotations

from tests.sabotage.copies import Copy, Kind
from tests.sabotage.damage import Damage, fails, holds, missed, shows, unknown
from tests.sabotage.means import (
    emptied,
    flipped,
    older,
    put,
    relisted,
    served,
    unlisted,
    zeroed,
)

_INVALID = "invalid page in block"
_FIRED = (
    "create trigger fired after insert on tally for each row execute function theirs();"
    " insert into tally values ('x', 1) returning true"
)
_BY_INDEX = "set enable_seqscan = off; "


def _rota_turned_round(copy: Copy) -> None:
    """Each row is where another one was when the index was written."""
    before = copy.file("rota_gist").read_bytes()
    served(
        "delete from rota",
        "vacuum (truncate false) rota",
        "insert into rota select i from generate_series(200, 1, -1) i",
    )(copy)
    put(copy.file("rota_gist"), before)


def _shift_cut_short(copy: Copy) -> None:
    """Rows are gone that an index still leads to, and their places are free."""
    served("insert into shift values (-1), (-2)")(copy)
    before = copy.file("shift_n").read_bytes()
    served("delete from shift where n < 0", "vacuum (truncate false) shift")(copy)
    put(copy.file("shift_n"), before)


INDEXES = (
    Damage(
        "an older file of an index",
        Kind.STOPPED,
        older("word_btree"),
        holds(f"{_BY_INDEX}select count(*) = 0 from word where word between md5('later47') and md5('later47')"),
        (missed("btree", r"index public\.word_btree: .*lacks matching index tuple"),),
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
        "an older file of a GIN",
        Kind.STOPPED,
        older("word_gin"),
        holds(f"{_BY_INDEX}select count(*) = 0 from word where array[word] = array[md5('later47')]"),
        (missed("entries", r"index public\.word_gin: \d+ rows are not found by it"),),
        sample=True,
    ),
    Damage(
        "an index that is older than its table by deleted rows alone",
        Kind.STOPPED,
        _shift_cut_short,
        holds(
            "insert into shift values (1000); set enable_seqscan = off; set enable_bitmapscan = off;"
            " set enable_indexonlyscan = off; select n = 1000 from shift where n = -1"
        ),
        (missed("entries", r"index public\.shift_n: its entries lead to 202 rows, and its table has 200 for it"),),
        sample=True,
    ),
    Damage(
        "a GiST older than its table, each of whose entries leads to another row",
        Kind.STOPPED,
        _rota_turned_round,
        holds(
            "set enable_seqscan = off; set enable_bitmapscan = off; set enable_indexonlyscan = off;"
            " select n <> 5 from rota where n = 5"
        ),
        (missed("btree", r"index public\.rota_gist: 200 rows are not found by it"),),
        sample=True,
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
        (
            missed("btree", r"index public\.word_btree: "),
            missed("write_and_read_back", r"public\.word: .*could not read blocks"),
        ),
        sample=True,
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
        fails("insert into entry (account) values (1) returning true", "could not read block"),
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
        holds("select count(*) > 0 from entry where account = 5 and not exists (select from account where id = 5)"),
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
        "texts in the order of another version",
        Kind.STOPPED,
        served("update pg_collation set collversion = 'older' where collname = 'letters'"),
        holds("select collversion <> pg_collation_actual_version(oid) from pg_collation where collname = 'letters'"),
        (unknown("collations", r"partitions of public\.street"),),
        sample=True,
    ),
    Damage(
        "a compiled function whose symbol is gone, in files",
        Kind.STOPPED,
        served("update pg_proc set prosrc = 'no_such' where proname = 'theirs'"),
        fails(_FIRED, "could not find function .no_such."),
        (missed("functions", r"function (public\.)?theirs\(\): could not find function"),),
        sample=True,
    ),
    Damage(
        "a compiled function whose library is absent, in files",
        Kind.STOPPED,
        served("update pg_proc set probin = '$libdir/gone' where proname = 'theirs'"),
        fails(_FIRED, "could not access file .*gone"),
        (unknown("functions", r"library \$libdir/gone"),),
    ),
)
