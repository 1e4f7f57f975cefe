"""What a server knows of itself was damaged, or it is another server."""

from __future__ import annotations

import shutil

from tests.fix_home import bare
from tests.sabotage.copies import Copy, Kind
from tests.sabotage.damage import Damage, doubt_of_copy, fails, holds, missed, never_comes_up, of_copy, shows, unknown
from tests.sabotage.means import (
    cut,
    emptied,
    older,
    overwritten,
    served,
    together,
    unlisted,
    without,
    zeroed,
)


def _another_server(copy: Copy) -> None:
    """Of somebody who has a server of the same version."""
    with bare(copy.vault.premises, copy.vault.home.keys) as other:
        made = other.initialise()
        shutil.rmtree(copy.path)
        shutil.copytree(str(made), copy.path)


def _read_while_it_ran(copy: Copy) -> None:
    """As cp does: one table was read before its last changes, the rest after."""
    together(without("backup_label", "backup_manifest"), older("account"))(copy)


SERVERS = (
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
        "the folder of a database missing",
        Kind.STOPPED,
        lambda copy: shutil.rmtree(copy.file("tally").parent),
        fails("select 1", "subdirectory .* is missing"),
        (missed("restored", "bank"),),
    ),
    Damage(
        "what the planner knows emptied",
        Kind.STOPPED,
        emptied("pg_statistic"),
        fails("select count(*) from word where word > 'a'", "could not read block"),
        (missed("restored", "cannot be surveyed: .*could not read blocks"),),
    ),
    Damage(
        "what keeps the foreign keys zeroed",
        Kind.STOPPED,
        zeroed("pg_trigger"),
        holds("insert into entry (account) values (-77) returning true"),
        (missed("constraints", r"not validated: public\.entry\.entry_account_fkey"),),
        sample=True,
    ),
    Damage(
        "a database that lets nobody in",
        Kind.STOPPED,
        served("update pg_database set datallowconn = false where datname = 'bank'"),
        fails("select 1", "not currently accepting connections"),
        (unknown("restored", "."),),
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
