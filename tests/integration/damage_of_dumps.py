"""What can be changed in a database between its seal and a later dump, and which checks must say so."""

_FIRST = "where id = 1"

# What is done to one database each, a query that proves it, and what must be missed there.
DAMAGE: dict[str, tuple[str, str, set[str]]] = {
    "value": (f"update account set balance = 7 {_FIRST}", f"select balance = 7 from account {_FIRST}", {"content"}),
    "swap": (
        "update account a set balance = b.balance from account b where a.id in (1, 2) and b.id = 3 - a.id",
        "select balance = 2.20 from account where id = 1",
        {"content"},
    ),
    "row": ("delete from entry where id = 5", "select count(*) = 0 from entry where id = 5", {"content"}),
    "emptied": ("truncate entry", "select count(*) = 0 from entry", {"content"}),
    "loot": ("create table loot (i int)", "select count(*) = 0 from loot", {"content", "schema"}),
    "check": (
        "alter table account drop constraint account_balance_check",
        "select count(*) = 0 from pg_constraint where conname = 'account_balance_check'",
        {"constraints"},
    ),
    "index": (
        "drop index by_account",
        "select count(*) = 0 from pg_class where relname = 'by_account'",
        {"indexes"},
    ),
    "sequence": (
        "select setval('entry_id_seq', 3)",
        "select last_value = 3 from entry_id_seq",
        {"sequences"},
    ),
    "grant": (
        "revoke select on account from clerk",
        "select not has_table_privilege('clerk', 'account', 'select')",
        {"schema"},
    ),
    "owner": (
        "alter table entry owner to clerk",
        "select relowner = 'clerk'::regrole from pg_class where relname = 'entry'",
        {"schema"},
    ),
    "function": (
        "create or replace function twice(i int) returns int language sql immutable as 'select 3 * i'",
        "select twice(1) = 3",
        {"schema"},
    ),
    "trigger": (
        "alter table account disable trigger keep",
        "select tgenabled = 'D' from pg_trigger where tgname = 'keep'",
        {"schema"},
    ),
    "policy": (
        "alter table entry disable row level security",
        "select not relrowsecurity from pg_class where relname = 'entry'",
        {"schema"},
    ),
    "letter": (
        "select lo_put(4711, 0, 'X')",
        "select substr(lo_get(4711), 1, 1) = 'X'",
        {"schema"},
    ),
    "harmless": (
        "comment on table account is 'x'; alter table entry set (fillfactor = 70); alter table entry alter account"
        " set statistics 7; reindex table account; vacuum full account",
        "select obj_description('account'::regclass) = 'x'",
        set(),
    ),
}
