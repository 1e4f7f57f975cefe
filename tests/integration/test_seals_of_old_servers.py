"""A server older than the drill's own programs is sealed; its dump is met on theirs, its files on its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill import seals
from drill.clock import wait_until
from drill.digest import Form
from drill.hosts import Host, binaries
from drill.hosts.mark import new_run_id
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.seals import How
from drill.sites.marks import holds
from drill.sites.wal import record_of
from drill.verdict import Verdict
from drill.verification import Verification
from tests.fix_victim import drill

OWN = Path("/usr/lib/postgresql/15/bin")
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


@pytest.fixture(scope="module")
def old() -> Iterator[Host]:
    """A PostgreSQL 15 of this machine, with a database of pgbench."""
    folder = OWN
    if not (folder / "pgbench").is_file():
        pytest.skip("this machine has no PostgreSQL 15")
    version = binaries.version_of(folder / "postgres")
    premises = ProcessPremises(binaries.Binaries(folder, version, "the system"), why="a test")
    with premises.hosts(new_run_id()) as (host, _), host.open():
        data, log = host.disk / "data", host.disk / "log"
        access = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C"]  # the socket is private
        memory = ["-c", "dynamic_shared_memory_type=mmap"]  # a killed server leaves none of it behind
        host.run([str(folder / "initdb"), "-D", str(data), *access], deadline=120)
        told = [word for name, setting in host.listens.items() for word in ("-c", f"{name}={setting}")]
        host.start([str(folder / "postgres"), "-D", str(data), *told, *memory, "-c", "fsync=off"], log=log)
        at = [f"--host={host.address().host}", f"--port={host.address().port}", "--username=postgres"]

        def answers() -> bool:
            return "accepting" in host.run([str(folder / "pg_isready"), *at], deadline=10)

        wait_until("PostgreSQL 15 starts", answers, deadline=60, hint="see its log")
        host.run([str(folder / "createdb"), *at, "bank"], deadline=60)
        host.run([str(folder / "pgbench"), *at, "--initialize", "--foreign-keys", "bank"], deadline=120)
        host.run([str(folder / "psql"), *at, "-Xqc", _TO_COME, "bank"], deadline=60)
        yield host


def test_an_old_server_is_sealed_and_its_dump_is_met_on_a_new_one(
    old: Host, embedded_premises: ProcessPremises, tmp_path: Path
) -> None:
    at, file, nightly = old.address(), tmp_path / "bank.json", tmp_path / "nightly"
    dsn = f"host={at.host} port={at.port} user=postgres dbname=bank"
    options = ["--portable", "--restore-point", "bank", "--rate", "20MB/s", "--nonce"]
    options += [
        "--with-dump",
        str(nightly),
        "--pg-bin",
        str(OWN),
    ]  # a newer pg_dump may not know what it must leave out
    done = drill("seal", dsn, "--database", "bank", *options, "-o", str(file))
    assert done.returncode == 0, done.stderr
    assert "bank: 5 tables, " in done.stderr
    assert f"restore point bank ends at {seals.read(file).restore_point_lsn}" in done.stderr
    sealed = seals.read(file)
    assert f"nonce {sealed.nonce} ends at {sealed.nonce_lsn}" in done.stderr
    log = [str(OWN / "pg_waldump"), "-p", str(old.disk / "data" / "pg_wal")]
    within = ["-s", sealed.ended.lsn, "-e", str(sealed.nonce_lsn)]
    records = map(record_of, old.run([*log, *within], deadline=60).splitlines())
    assert holds(filter(None, records), str(sealed.nonce))
    assert (sealed.major, sealed.form, sealed.how) == (15, Form.PORTABLE, How.DUMPED)
    assert sealed.databases["bank"].tables["public.pgbench_accounts"].rows == 100_000

    verified = Verification(Offered.recognised(nightly), sealed, embedded_premises).run(lambda _: None)
    found = {finding.check: finding for finding in verified.findings if finding.register == "bank"}
    assert found["restored"].verdict is Verdict.MET, found["restored"].actual
    assert found["content"].verdict is Verdict.MET, found["content"].actual
    missed = [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is Verdict.MISSED]
    assert missed == []
    unknown = [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is Verdict.UNKNOWN]
    assert unknown == []


def test_a_base_backup_of_an_old_server_is_met_by_its_own_programs_and_missed_where_it_is_damaged(
    old: Host, tmp_path: Path
) -> None:
    at, file, base = old.address(), tmp_path / "bank.json", tmp_path / "base"
    dsn = f"host={at.host} port={at.port} user=postgres dbname=bank"
    sealed = drill("seal", dsn, "--database", "bank", "--quiesced", "-o", str(file))
    assert sealed.returncode == 0, sealed.stderr
    subprocess.run([OWN / "pg_basebackup", "-D", base, "-c", "fast", "-d", dsn], check=True, timeout=120)
    verify = ["verify", str(base), "--seal", str(file), "--on", "embedded", "--pg-bin", str(OWN)]
    met = drill(*verify)
    assert met.returncode == 0, met.stdout + met.stderr

    query = "select pg_relation_filepath('pgbench_accounts')"
    path = old.run([str(OWN / "psql"), "-XAtc", query, "-d", dsn], deadline=60).strip()
    with (base / path).open("r+b") as table:
        table.write(bytes(8192))
    missed = drill(*verify)
    assert missed.returncode == 1, missed.stdout + missed.stderr
    assert "differ: public.pgbench_accounts" in missed.stdout

    newer = drill(*verify[:-2])
    assert newer.returncode == 3, newer.stdout + newer.stderr
    assert "--pg-bin" in newer.stdout
