"""A database was damaged by whoever had its password, and then dumped: the dump itself is whole."""

from __future__ import annotations

from tests.sabotage.copies import Kind
from tests.sabotage.damage import Damage, fails, holds, missed, unknown
from tests.sabotage.means_for_dumps import sql

_VALUES = "update account a set balance = b.balance from account b where a.id in (1, 2) and b.id = 3 - a.id"
_THERE = "select count(*) = 0 from {} where {}"

ROWS = (
    Damage(
        "a value changed",
        Kind.CUSTOM,
        sql("update account set balance = 7 where id = 1"),
        holds("select balance = 7 from account where id = 1"),
        (missed("content", r"differ: public\.account \(same count\)"),),
    ),
    Damage(
        "a letter of a long value changed",
        Kind.PLAIN,
        sql("update letter set body = overlay(body placing '?' from 3000 for 1) where id = 3"),
        holds("select substr(body, 3000, 1) = '?' from letter where id = 3"),
        (missed("content", r"differ: public\.letter \(same count\)"),),
    ),
    Damage(
        "values swapped between rows",
        Kind.CUSTOM,
        sql(_VALUES),
        holds("select balance < (select balance from account where id = 1) from account where id = 2"),
        (missed("content", r"differ: public\.account \(same count\)"),),
    ),
    Damage(
        "a row deleted",
        Kind.DIRECTORY,
        sql("delete from entry where id = 5"),
        holds(_THERE.format("entry", "id = 5")),
        (missed("content", r"differ: public\.entry \(979 rows instead of 980\)"),),
    ),
    Damage(
        "a row duplicated",
        Kind.CUSTOM,
        sql("insert into tally select * from tally where n = 9"),
        holds("select count(*) = 2 from tally where n = 9"),
        (missed("content", r"differ: public\.tally \(2001 rows instead of 2000\)"),),
    ),
    Damage(
        "one row twice, another gone",
        Kind.CUSTOM,
        sql("insert into tally select * from tally where n = 9; delete from tally where n = 10"),
        holds("select count(*) = 2 from tally where n = 9"),
        (missed("content", r"differ: public\.tally \(same count\)"),),
    ),
    Damage(
        "an empty text for no value",
        Kind.CUSTOM,
        sql("update tally set name = null where n = 9", "update former set name = '' where n = -9"),
        holds("select name is null from tally where n = 9"),
        (missed("content", r"public\.former \(same count\), public\.tally \(same count\)"),),
    ),
    Damage(
        "a table emptied",
        Kind.CUSTOM,
        sql("truncate entry"),
        holds("select count(*) = 0 from entry"),
        (missed("content", r"differ: public\.entry \(0 rows instead of 980\)"),),
    ),
    Damage(
        "a table missing",
        Kind.CUSTOM,
        sql("drop table tally"),
        fails("select count(*) from tally", "UndefinedTable"),
        (missed("content", r"missing: public\.tally"), missed("schema", r"relations: public\.tally is missing")),
    ),
    Damage(
        "a table too many",
        Kind.CUSTOM,
        sql("create table loot as select * from account"),
        holds("select count(*) = 500 from loot"),
        (missed("content", r"too many: public\.loot"),),
    ),
    Damage(
        "a partition missing",
        Kind.CUSTOM,
        sql("drop table visit_2026"),
        holds("select max(at) < '2026-01-01' from visit"),
        (missed("content", r"differ: public\.visit "), missed("schema", r"relations: public\.visit_2026 is missing")),
    ),
    Damage(
        "every time an hour off",
        Kind.PLAIN,
        sql("update entry set at = at + interval '1 hour'"),
        holds("select bool_and(at > now()) from entry"),
        (missed("content", r"differ: public\.entry \(same count\)"),),
    ),
    Damage(
        "a large object changed",
        Kind.CUSTOM,
        sql("select lo_put(4711, 0, 'X')"),
        holds("select substr(lo_get(4711), 1, 1) = 'X'"),
        (missed("schema", r"large objects: all is"),),
    ),
    Damage(
        "a large object missing",
        Kind.DIRECTORY,
        sql("select lo_unlink(4711)"),
        holds("select count(*) = 0 from pg_largeobject_metadata"),
        (missed("schema", r"large objects: all is missing"),),
    ),
    Damage(
        "a sequence behind its column",
        Kind.CUSTOM,
        sql("select setval('entry_id_seq', 3)"),
        fails("insert into entry (account) values (1) returning id", "UniqueViolation"),
        (missed("sequences", r"behind: public\.entry_id_seq \(4 <= 980\)"),),
        sample=True,
    ),
    Damage(
        "a sequence of no column set back",
        Kind.CUSTOM,
        sql("select setval('ticket', 1)"),
        holds("select nextval('ticket') < 500"),
        (missed("sequences", r"set back: public\.ticket \(6 instead of 505\)"),),
    ),
    Damage(
        "a constraint lost, and what it forbade come in",
        Kind.CUSTOM,
        sql(
            "alter table account drop constraint account_balance_check; update account set balance = -9999 where id = 1"
        ),
        holds("select balance < -1000 from account where id = 1"),
        (missed("constraints", r"missing: public\.account\.account_balance_check"), missed("content", "account")),
    ),
    Damage(
        "orphans under a constraint that is not validated",
        Kind.CUSTOM,
        sql(
            "alter table entry drop constraint entry_account_fkey; delete from account where id = 5;"
            " alter table entry add constraint entry_account_fkey foreign key (account) references account not valid"
        ),
        holds("select count(*) > 0 from entry where account = 5 and not exists (select from account where id = 5)"),
        (missed("constraints", r"missing: public\.entry\.entry_account_fkey|not validated"), missed("content", "")),
    ),
    Damage(
        "an index missing",
        Kind.CUSTOM,
        sql("drop index by_account"),
        holds("select to_regclass('by_account') is null"),
        (missed("indexes", r"missing: public\.by_account"),),
    ),
    Damage(
        "a compiled function whose symbol is gone",
        Kind.CUSTOM,
        sql("update pg_proc set prosrc = 'no_such' where proname = 'theirs'"),
        fails("select theirs()", "function theirs\\(\\) does not exist"),
        (missed("restored", "cannot be loaded: .*could not find function|cannot be loaded"),),
    ),
    Damage(
        "a compiled function whose library is absent",
        Kind.CUSTOM,
        sql("update pg_proc set probin = '$libdir/gone' where proname = 'theirs'"),
        fails("select theirs()", "function theirs\\(\\) does not exist"),
        (unknown("restored", "access file"),),
    ),
)
