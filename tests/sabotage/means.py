"""With what copies are damaged: dd, rm, cp, a text editor, psql, and PostgreSQL's own programs."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

from tests.fix_home import stop_in_order
from tests.sabotage.copies import BANK, Copy
from tests.sabotage.damage import Act
from tests.sabotage.restored import brought, tool_of

PAGE = 8192
_HARMED = "harmed"  # a database that is damaged before it is dumped


def together(*acts: Act) -> Act:
    """One after the other."""

    def done(copy: Copy) -> None:
        for act in acts:
            act(copy)

    return done


def put(path: Path, content: bytes) -> None:
    """All of a file."""
    path.write_bytes(content)


# -- files of a server -------------------------------------------------------------------------------------------------


def zeroed(relation: str, first: int = 0, count: int = 1) -> Act:
    """So many of its pages."""

    def done(copy: Copy) -> None:
        whole = bytearray(copy.file(relation).read_bytes())
        assert len(whole) >= (first + count) * PAGE, relation
        whole[first * PAGE : (first + count) * PAGE] = bytes(count * PAGE)
        put(copy.file(relation), bytes(whole))

    return done


def shortened(relation: str, pages: int) -> Act:
    """By so many of its pages."""

    def done(copy: Copy) -> None:
        whole = copy.file(relation).read_bytes()
        assert len(whole) > pages * PAGE, relation
        put(copy.file(relation), whole[: -pages * PAGE])

    return done


def emptied(relation: str) -> Act:
    return lambda copy: put(copy.file(relation), b"")


def removed(relation: str, fork: str = "") -> Act:
    return lambda copy: copy.file(relation, fork).unlink()


def flipped(relation: str, page: int = 0, at: int = 8000) -> Act:
    """One bit of it."""

    def done(copy: Copy) -> None:
        whole = bytearray(copy.file(relation).read_bytes())
        whole[page * PAGE + at] ^= 1
        put(copy.file(relation), bytes(whole))

    return done


def rewritten(relation: str, old: bytes, new: bytes) -> Act:
    """Bytes of a row, wherever they stand in it first."""

    def done(copy: Copy) -> None:
        whole = copy.file(relation).read_bytes()
        assert old in whole, relation
        assert len(old) == len(new)
        put(copy.file(relation), whole.replace(old, new, 1))

    return done


def older(relation: str, fork: str = "") -> Act:
    """The file that the earlier backup has of it."""

    def done(copy: Copy) -> None:
        before = copy.vault.folder / "archive" / f"{copy.vault.files[relation]}{fork}"
        assert before.read_bytes() != copy.file(relation, fork).read_bytes(), relation
        shutil.copy(before, copy.file(relation, fork))

    return done


def exchanged(one: str, other: str) -> Act:
    """The files of two relations."""

    def done(copy: Copy) -> None:
        first, second = copy.file(one).read_bytes(), copy.file(other).read_bytes()
        put(copy.file(one), second)
        put(copy.file(other), first)

    return done


def overwritten(name: str, at: int = 0, content: bytes = b"", *, length: int = 0) -> Act:
    """Bytes of a file of the copy; zeros where none are given."""

    def done(copy: Copy) -> None:
        whole = bytearray((copy.path / name).read_bytes())
        new = content or bytes(length or len(whole) - at)
        whole[at : at + len(new)] = new
        put(copy.path / name, bytes(whole))

    return done


def cut(name: str, left: int) -> Act:
    return lambda copy: put(copy.path / name, (copy.path / name).read_bytes()[:left])


def without(*names: str) -> Act:
    def done(copy: Copy) -> None:
        for name in names:
            (copy.path / name).unlink()

    return done


def setting(line: str) -> Act:
    """Where ALTER SYSTEM keeps them."""

    def done(copy: Copy) -> None:
        with (copy.path / "postgresql.auto.conf").open("a") as file:
            file.write(f"{line}\n")

    return done


def unlisted(act: Act) -> Act:
    """Whoever damages a copy may take its manifest away."""
    return together(act, without("backup_manifest"))


def relisted(act: Act) -> Act:
    """Or write it anew, so that it says what is there."""
    return together(act, _relist)


def _relist(copy: Copy) -> None:
    manifest = copy.path / "backup_manifest"
    told = json.loads(manifest.read_text())
    del told["Manifest-Checksum"]
    for entry in told["Files"]:
        content = (copy.path / entry["Path"]).read_bytes()
        entry |= {"Size": len(content), "Checksum": hashlib.sha256(content).hexdigest()}
    text = json.dumps(told)[:-1] + ',\n"Manifest-Checksum": "'
    body = text[: text.rindex('"Manifest-Checksum"')]
    manifest.write_text(f'{text}{hashlib.sha256(body.encode()).hexdigest()}"}}\n')


def checksummed(act: Act) -> Act:
    """And every page given the checksum of what it holds now."""

    def anew(copy: Copy) -> None:
        for mode in ("--disable", "--enable"):
            tool_of(copy, "pg_checksums", mode, on=copy.path)

    return together(act, anew)


def served(*statements: str) -> Act:
    """A server was started on it, did this, and was stopped in good order."""

    def done(copy: Copy) -> None:
        site = copy.vault.scratch
        data = site.host.disk / "served"
        brought(copy, data)
        site.start(data, {"fsync": "off", "autovacuum": "off", "allow_system_table_mods": "on"}, cluster_of="home")
        try:
            for statement in statements:
                with site.console(BANK) as console:
                    console.execute("set session_replication_role = replica")
                    console.execute(statement.encode())
        finally:
            stop_in_order(site)
        shutil.rmtree(copy.path)
        shutil.copytree(str(data), copy.path)
        site.host.run(["rm", "-rf", str(data)], deadline=60)

    return done
