"""With what dumps are damaged: psql before they are made, pg_dump's own options, and an editor."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.sabotage.copies import BANK, DUMPS, Copy, Kind
from tests.sabotage.damage import Act

_HARMED = "harmed"  # a database that is damaged before it is dumped


def sql(*statements: str, options: Sequence[str] = ()) -> Act:
    """Done to a database that was as the bank is, which was dumped then."""

    def done(copy: Copy) -> None:
        vault, (name, form) = copy.vault, DUMPS[copy.kind]
        with vault.home.console() as console:
            console.execute(f"create database {_HARMED} template {BANK}".encode())
        try:
            for statement in statements:
                with vault.home.console(_HARMED) as console:
                    console.execute("set session_replication_role = replica; set allow_system_table_mods = on")
                    console.execute(statement.encode())
            if copy.kind is Kind.DIRECTORY:
                shutil.rmtree(copy.dump)
            vault.dump(_HARMED, copy.path / name, *form, *options)
        finally:
            with vault.home.console() as console:
                console.execute(f"drop database {_HARMED} with (force)".encode())

    return done


def text(change: Callable[[str], str]) -> Act:
    """A plain dump in an editor."""

    def done(copy: Copy) -> None:
        before = copy.dump.read_text()
        after = change(before)
        assert after != before
        copy.dump.write_text(after)

    return done


def roles(old: str, new: str) -> Act:
    """The file of roles in an editor."""

    def done(copy: Copy) -> None:
        file = copy.path / "globals.sql"
        before = file.read_text()
        assert re.search(old, before), old
        file.write_text(re.sub(old, new, before))

    return done


def member(copy: Copy, table: str) -> Path:
    """The rows of a table in a directory dump: the file with this in it."""
    (found,) = (path for path in copy.dump.glob("*.dat") if re.search(table.encode(), path.read_bytes()))
    return found
