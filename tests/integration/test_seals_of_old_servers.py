"""A server older than the drill's own programs is sealed; its dump is met on theirs, its files on its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from drill import seals
from drill.digest import Form
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.seals import How
from drill.sites.marks import holds
from drill.sites.wal import record_of
from drill.verdict import Verdict
from drill.verification import Verification
from tests.fix_others import NONE, Other, other_server, others, version_in
from tests.fix_victim import drill

# All that there was, which a newer server has more of; and a view that is told with more columns when it is told again.
_TO_COME = """
create role clerk;
alter default privileges grant all on tables to clerk with grant option;
alter default privileges in schema public grant select, insert on tables to clerk;
create table kept (i int);
create function all_kept() returns setof kept language sql stable as 'select * from kept';
create view seen as select i from all_kept();
alter table kept add column later int;
"""


@pytest.fixture(scope="module", params=others() or (None,), ids=lambda f: version_in(f) if f else "none")
def old(request: pytest.FixtureRequest) -> Iterator[Other]:
    """A server with a database of pgbench."""
    if request.param is None:
        pytest.skip(NONE)
    with other_server(request.param) as (server, _):
        at = server.host.address()
        reach = [f"--host={at.host}", f"--port={at.port}", "--username=postgres"]
        server.execute("create database bank")
        server.run("pgbench", *reach, "--initialize", "--foreign-keys", "bank")
        server.execute(_TO_COME, "bank")
        yield server


def test_an_old_server_is_sealed_and_its_dump_is_met_on_a_new_one(
    old: Other, embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    dsn, file, nightly = old.dsn("bank"), tmp_path / "bank.json", tmp_path / "nightly"
    options = ["--portable", "--restore-point", "bank", "--rate", "20MB/s", "--nonce"]
    options += ["--with-dump", str(nightly), "--pg-bin", str(old.programs)]  # another may not know what to leave out
    done = drill("seal", dsn, "--database", "bank", *options, "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert "bank: 5 tables, " in done.stderr
    assert f"restore point bank ends at {seals.read(file).restore_point_lsn}" in done.stderr
    sealed = seals.read(file)
    assert f"nonce {sealed.nonce} ends at {sealed.nonce_lsn}" in done.stderr
    within = ["-s", sealed.ended.lsn, "-e", str(sealed.nonce_lsn)]
    records = map(record_of, old.run("pg_waldump", "-p", str(old.data / "pg_wal"), *within).splitlines())
    assert holds(filter(None, records), str(sealed.nonce))
    assert (sealed.major, sealed.form, sealed.how) == (old.major, Form.PORTABLE, How.DUMPED)
    assert sealed.databases["bank"].tables["public.pgbench_accounts"].rows == 100_000

    verified = Verification(Offered.recognised(nightly), sealed, embedded_premises).run(lambda _: None)
    found = {finding.check: finding for finding in verified.findings if finding.register == "bank"}
    assert found["restored"].verdict is Verdict.MET, found["restored"].actual
    assert found["content"].verdict is Verdict.MET, found["content"].actual
    missed = [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is Verdict.MISSED]
    assert missed == []
    unknown = [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is Verdict.UNKNOWN]
    assert unknown == []


def test_its_files_are_of_its_own_programs_alone(old: Other, tmp_path: Path) -> None:
    """Another version says which it is, and how to name the right ones."""
    file, base = tmp_path / "bank.json", tmp_path / "base"
    sealed = drill("seal", old.dsn("bank"), "--database", "bank", "--quiesced", "-o", str(file))
    assert sealed.returncode == 0, sealed.stderr
    old.back_up(base)
    newer = drill("verify", str(base), "--seal", str(file), "--on", "embedded")
    assert newer.returncode == 3, newer.stdout + newer.stderr
    assert f"it is of PostgreSQL {old.major}, and the sandbox of 18: name the right programs with" in newer.stdout


def test_its_dump_is_met_on_its_own_programs_too(old: Other, tmp_path: Path) -> None:
    """Also where they are of a version that has no locale of its own; what is worded there is worded alike."""
    file, nightly, programs = tmp_path / "bank.json", tmp_path / "nightly", ["--pg-bin", str(old.programs)]
    old.execute("create or replace view rich as select aid from pgbench_accounts where abalance > 100", "bank")
    words = ["--database", "bank", "--portable", "--with-dump", str(nightly), "-o", str(file), *programs]
    sealed = drill("seal", old.dsn("bank"), *words)
    assert sealed.returncode == 0, sealed.stderr
    done = drill("verify", str(nightly), "--seal", str(file), "--on", "embedded", *programs)
    told = [line for line in done.stdout.splitlines() if line.startswith(("  missed", "  unknown"))]
    assert [line for line in told if "could not access file" not in line] == [], done.stderr
    assert f"brought up with PostgreSQL {old.major}." in done.stdout
