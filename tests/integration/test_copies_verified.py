"""A copy of a sealed server is met as it was made, and missed for the very damage that was done to it."""

from __future__ import annotations

import gzip
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from drill import seals
from drill.digest import Digest
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.origin import Origin
from drill.sites.site import Site
from drill.verdict import Verdict
from drill.verification import Verification
from drill.verified import Verified
from tests.fix_home import create_bank, lone, origin_of
from tests.integration.damage_of_dumps import DAMAGE


@dataclass(frozen=True)
class Bank:
    """Somebody's server with one database for each damage, its seal, and the dumps that share the seal's snapshots."""

    site: Site
    origin: Origin
    sealed: Sealed
    nightly: Path
    premises: ProcessPremises

    def verify(self, copy: Path, sealed: Sealed | None, *allow: str) -> Verified:
        return Verification(Offered.recognised(copy), sealed, self.premises, frozenset(allow)).run(lambda _: None)

    def dump(self, database: str, to: Path, *more: str) -> None:
        """With the tool that everybody uses, as it is now."""
        where = self.origin.conninfo(database)
        argv = [self.site.program("pg_dump"), "-Fc", "-f", str(to), *more, "-d", where]
        subprocess.run(argv, check=True, timeout=60, capture_output=True)


@pytest.fixture(scope="module")
def bank(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("bank")
    with lone(embedded_premises) as site:
        create_bank(site, *DAMAGE)
        origin = origin_of(site, folder)
        sealing = Sealing(origin, How.DUMPED, tuple(DAMAGE), folder / "nightly", binaries.find().folder)
        (folder / "nightly").mkdir()
        yield Bank(site, origin, sealing.take(lambda _: None), folder / "nightly", embedded_premises)


def missed(verified: Verified, database: str) -> set[str]:
    return {f.check for f in verified.findings if f.register == database and f.verdict is Verdict.MISSED}


def unknown(verified: Verified) -> list[tuple[str, str, str]]:
    return [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is Verdict.UNKNOWN]


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_each_damage_is_missed_for_its_own_reason_and_the_clean_copy_is_met(bank: Bank, tmp_path: Path) -> None:
    before = contents(bank.nightly)
    clean = bank.verify(bank.nightly, bank.sealed)
    assert [(f.register, f.check, f.actual) for f in clean.findings if f.verdict is not Verdict.MET] == []
    assert clean.exit_code == 0
    assert {"logins", "write_and_read_back", "collations"} <= {f.check for f in clean.findings}
    assert contents(bank.nightly) == before  # a copy is only read

    for name, (harm, proof, _) in DAMAGE.items():
        with bank.site.console(name) as console:
            for statement in harm.split("; "):
                console.execute(statement.encode())
            assert console.execute(proof.encode()).fetchone() == (True,), name
        bank.dump(name, tmp_path / f"{name}.dump")
    (tmp_path / "globals.sql").write_bytes(before["globals.sql"])
    verified = bank.verify(tmp_path, bank.sealed)
    assert unknown(verified) == []
    for name, (_, _, due) in DAMAGE.items():
        found = missed(verified, name)
        assert due <= found, name
        assert bool(found) is bool(due), name
    assert missed(verified, "copy") == {"manifest"}
    assert verified.exit_code == 1


def _cut(folder: Path) -> None:
    file = folder / "value.dump"
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])


def _no_roles(folder: Path) -> None:
    (folder / "globals.sql").unlink()


def _locked_out(folder: Path) -> None:
    file = folder / "globals.sql"
    before = file.read_text()
    changed = re.sub(r"(ALTER ROLE clerk WITH .*) LOGIN", r"\1 NOLOGIN", before)
    assert changed != before
    file.write_text(changed)


def _no_dump(folder: Path) -> None:
    (folder / "value.dump").unlink()


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (_cut, ("value", "restored", "cannot be loaded")),
        (_no_roles, ("copy", "roles", "boss, clerk")),
        (_locked_out, ("value", "logins", "clerk: it may not log in")),
        (_no_dump, ("copy", "manifest", "value.dump is missing")),
    ],
    ids=["a dump cut short", "the roles gone", "a role locked out", "a dump gone"],
)
def test_damaged_files_are_missed(harm: object, reason: tuple[str, str, str], bank: Bank, tmp_path: Path) -> None:
    kept = ("value.dump", "row.dump", "globals.sql")
    for name in kept:
        (tmp_path / name).write_bytes((bank.nightly / name).read_bytes())
    sealed = _only(bank.sealed, ("value", "row"))
    harm(tmp_path)  # type: ignore[operator]
    verified = bank.verify(tmp_path, sealed)
    register, check, says = reason
    (found,) = [f for f in verified.findings if (f.register, f.check, f.verdict) == (register, check, Verdict.MISSED)]
    assert says in found.actual
    assert verified.exit_code == 1


def _only(sealed: Sealed, databases: Sequence[str]) -> Sealed:
    """The same seal of fewer databases, through its file."""
    files = {f"{name}.dump" for name in databases} | {"globals.sql"}
    return replace(
        sealed,
        databases={name: sealed.databases[name] for name in databases},
        dump={name: digest for name, digest in sealed.dump.items() if name in files},
    )


def test_without_a_seal_nothing_is_met(bank: Bank, tmp_path: Path) -> None:
    (tmp_path / "row.dump").write_bytes((bank.nightly / "row.dump").read_bytes())
    (tmp_path / "globals.sql").write_bytes((bank.nightly / "globals.sql").read_bytes())
    verified = bank.verify(tmp_path, None)
    assert ("row", "content", "never sealed") in unknown(verified)
    assert missed(verified, "row") == set()
    assert verified.exit_code == 3


def test_a_dump_that_does_not_share_the_seals_snapshot_is_never_missed_for_its_rows(bank: Bank, tmp_path: Path) -> None:
    """A seal of another way: what differs may have changed between the two."""
    sealing = Sealing(bank.origin, How.QUIESCED, ("harmless",))
    sealed = sealing.take(lambda _: None)
    with bank.site.console("harmless") as console:
        console.execute("delete from entry where id = 9; drop index by_account; alter table account add note text")
        console.execute("alter table account drop constraint account_balance_check; create table novel (i int)")
    bank.dump("harmless", tmp_path / "any-name.dump")
    verified = bank.verify(tmp_path / "any-name.dump", replace(sealed, nonce="7f", nonce_lsn="0/7"), "roles")
    assert "the nonce of the seal: a dump holds no log" in verified.unchecked
    assert missed(verified, "harmless") == set()
    (content,) = [f for f in verified.findings if f.check == "content"]
    assert content.verdict is Verdict.UNKNOWN
    assert "public.entry" in content.actual
    assert "public.account" not in content.actual
    assert verified.exit_code == 3


def test_a_compressed_dump_is_met_and_missed_where_it_breaks_off(bank: Bank, tmp_path: Path) -> None:
    sealed = Sealing(bank.origin, How.QUIESCED, ("grant", "index")).take(lambda _: None)
    for name in ("grant", "index"):
        bank.dump(name, tmp_path / f"{name}.sql", "-Fp")
        subprocess.run(["gzip", tmp_path / f"{name}.sql"], check=True, timeout=60)
    (tmp_path / "globals.sql.gz").write_bytes(gzip.compress((bank.nightly / "globals.sql").read_bytes()))
    assert [(f.check, f.actual) for f in bank.verify(tmp_path, sealed).findings if f.verdict is not Verdict.MET] == []

    whole = (tmp_path / "grant.sql.gz").read_bytes()
    (tmp_path / "grant.sql.gz").write_bytes(whole[: len(whole) * 2 // 3])
    text = gzip.decompress((tmp_path / "index.sql.gz").read_bytes())
    (tmp_path / "index.sql.gz").write_bytes(gzip.compress(text[: len(text) * 2 // 3]))
    verified = bank.verify(tmp_path, sealed)
    told = {f.register: f.actual for f in verified.findings if f.check == "restored" and f.verdict is Verdict.MISSED}
    assert "damaged or cut short" in told["grant"]
    assert "pg_dump's last line is missing" in told["index"]
    assert verified.exit_code == 1


def test_letters_of_another_encoding_are_no_difference(bank: Bank, tmp_path: Path) -> None:
    with bank.site.console() as console:
        console.execute("create database latin template template0 encoding 'LATIN1' locale_provider libc locale 'C'")
    with bank.site.console("latin") as console:
        console.execute("create table word as select 'Õ' || i as word from generate_series(1, 9) i")
    (tmp_path / "nightly").mkdir()
    sealing = Sealing(bank.origin, How.DUMPED, ("latin",), tmp_path / "nightly", binaries.find().folder)
    verified = bank.verify(tmp_path / "nightly", sealing.take(lambda _: None))
    assert [(f.check, f.actual) for f in verified.findings if f.verdict is not Verdict.MET] == []


def test_digests_of_another_version_are_never_missed(bank: Bank, tmp_path: Path) -> None:
    """What a server's own functions made of a row means nothing on a server of another version."""
    (tmp_path / "row.dump").write_bytes((bank.nightly / "row.dump").read_bytes())
    (tmp_path / "globals.sql").write_bytes((bank.nightly / "globals.sql").read_bytes())
    sealed = replace(_only(bank.sealed, ("value", "row")), version="17.5")
    wrong = dict.fromkeys(sealed.databases["row"].tables, Digest(1, (1, 1)))
    seals_of = {**sealed.databases, "row": replace(sealed.databases["row"], tables=wrong)}
    verified = bank.verify(tmp_path, replace(sealed, databases=seals_of))
    assert "content" not in missed(verified, "row")
    assert ("value", "restored") in {(f.register, f.check) for f in verified.findings if f.verdict is Verdict.MISSED}


def test_the_seal_is_the_same_read_from_its_file(bank: Bank, tmp_path: Path) -> None:
    file = tmp_path / "seal.json"
    file.write_text(seals.written(bank.sealed))
    assert seals.read(file) == bank.sealed


def test_where_a_table_differs_is_told_by_bucket_and_the_query_lists_its_rows(bank: Bank, tmp_path: Path) -> None:
    (tmp_path / "nightly").mkdir()
    folder = tmp_path / "nightly"
    sealing = Sealing(bank.origin, How.DUMPED, ("harmless",), folder, binaries.find().folder, buckets=True)
    sealed = seals.read(_file(seals.written(sealing.take(lambda _: None)), tmp_path))
    assert bank.verify(folder, sealed).verdict is Verdict.MET
    with bank.site.console("harmless") as console:
        console.execute("update account set owner = 'nobody' where id = 77")
        bank.dump("harmless", folder / "harmless.dump")
        (content,) = [f for f in bank.verify(folder, sealed).findings if f.check == "content"]
        where = re.search(r"buckets that differ: public\.account in (\d+) of 16$", content.actual)
        assert where is not None
        assert content.verdict is Verdict.MISSED
        listed = re.search(r"at home and in the copy: (select .*)\.$", content.says)
        assert listed is not None
        rows = console.execute(listed[1].encode()).fetchall()
        assert 77 in [row[0] for row in rows]
        assert 0 < len(rows) < 100  # of 500


def _file(text: str, folder: Path) -> Path:
    (folder / "seal.json").write_text(text)
    return folder / "seal.json"
