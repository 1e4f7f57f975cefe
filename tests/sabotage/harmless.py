"""What differs and harms nobody: each of these copies is met."""

from __future__ import annotations

import shutil

from tests.sabotage.copies import Copy, Kind
from tests.sabotage.damage import Damage, holds, shows
from tests.sabotage.means import removed, setting, without
from tests.sabotage.means_for_dumps import sql, text


def _no_empty_folders(copy: Copy) -> None:
    """As programs leave them that copy files only."""
    for path in sorted(copy.path.rglob("*"), reverse=True):
        if path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _history_beside_it(copy: Copy) -> None:
    """Of the archive, in the backup as well."""
    assert copy.wal is not None
    (copy.path / "pg_wal").mkdir(exist_ok=True)
    shutil.copy(copy.wal / "00000002.history", copy.path / "pg_wal")


HARMLESS = (
    Damage(
        "comments, storage parameters and statistics",
        Kind.CUSTOM,
        sql(
            "comment on table account is 'x'; alter table entry set (fillfactor = 70);"
            " alter table entry alter account set statistics 7; alter table word alter word set compression pglz;"
            " analyze"
        ),
        holds("select obj_description('account'::regclass) = 'x'"),
        sample=True,
    ),
    Damage(
        "rows and indexes written anew",
        Kind.CUSTOM,
        sql("reindex table account; cluster word using word_btree"),
        holds("select count(*) = 500 from account"),
    ),
    Damage(
        "rows in another order",
        Kind.PLAIN,
        sql(
            "create temporary table t as select * from tally order by n desc; truncate tally; insert into tally table t"
        ),
        holds("select n = 2000 from tally limit 1"),
    ),
    Damage(
        "dumped as INSERTs",
        Kind.PLAIN,
        sql(options=["--inserts"]),
        holds("select count(*) = 500 from account"),
    ),
    Damage(
        "comments in a plain dump",
        Kind.PLAIN,
        text(lambda whole: whole.replace("\n\n--\n", "\n\n-- somebody was here\n--\n")),
        holds("select count(*) = 500 from account"),
    ),
    Damage(
        "a compressed directory dump",
        Kind.DIRECTORY,
        sql(options=["-Z1"]),
        shows(lambda copy: any(copy.dump.glob("*.dat.gz"))),
    ),
    Damage(
        "the free space of a table forgotten",
        Kind.STOPPED,
        removed("word", "_fsm"),
        shows(lambda copy: not copy.file("word", "_fsm").exists()),
    ),
    Damage(
        "which pages are visible to all forgotten",
        Kind.STOPPED,
        removed("word", "_vm"),
        shows(lambda copy: not copy.file("word", "_vm").exists()),
    ),
    Damage(
        "settings of its own",
        Kind.STOPPED,
        setting("work_mem = '7MB'\nzero_damaged_pages = off\nshared_preload_libraries = ''"),
        holds("select current_setting('work_mem') = '7MB'"),
    ),
    Damage(
        "no manifest",
        Kind.BASE,
        without("backup_manifest"),
        holds("select count(*) = 500 from account"),
    ),
    Damage(
        "folders that are empty left out",
        Kind.STOPPED,
        _no_empty_folders,
        shows(lambda copy: not (copy.path / "pg_twophase").exists()),
    ),
    Damage(
        "histories of the past",
        Kind.ARCHIVE,
        _history_beside_it,
        holds("select count(*) = 500 from account"),
    ),
)
