"""What a user's environment says of other servers is not heard: a drill goes to its own, and to no other."""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from drill.hosts import binaries
from tests.fix_victim import drill, victim

_ENDS = 180.0  # seconds
DUMP = """\
--
-- PostgreSQL database dump
--

-- Dumped from database version 18.1
-- Dumped by pg_dump version 18.1

SET client_encoding = 'UTF8';
CREATE TABLE public.boat (id integer NOT NULL, name text);
COPY public.boat (id, name) FROM stdin;
1\tAegna
\\.
ALTER TABLE ONLY public.boat ADD CONSTRAINT boat_pkey PRIMARY KEY (id);

--
-- PostgreSQL database dump complete
--

"""
SCENARIO = """\
name: in a hostile environment
people: 300
registers: [state_gazette, own_data]
home: {load: boats.sql}
copies:
  - {name: nightly, kind: dump, every: 5m}
  - {name: standby, kind: streaming}
  - {name: log, kind: archive}
citizens: {per_second: 20, timeout: 1s, stable_for: 500ms}
calm: 1s
outage: {kind: power_loss}
response:
  detect: {every: 200ms, misses: 3}
  declare: {by: a test, after: 100ms}
recovery: {kind: restore, from: nightly}
objectives: {rto: 60s, rpo: 60s}
"""


@contextmanager
def decoy() -> Iterator[tuple[int, list[bytes]]]:
    """A listener that stands for somebody's real server: its port, and what was said to it."""
    heard: list[bytes] = []

    def listen() -> None:
        while True:
            try:
                caller, _ = server.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(1)
                try:
                    heard.append(caller.recv(100))
                except OSError:
                    heard.append(b"nothing")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield server.getsockname()[1], heard
        server.shutdown(socket.SHUT_RDWR)
    thread.join()


def hostile(folder: Path, port: int, trace: Path) -> dict[str, Any]:
    """All that libpq and psql look at, and files where they look for them; `trace` is there when psql obeyed one."""
    for name in ("pg_service.conf", ".pg_service.conf"):
        (folder / name).write_text(f"[elsewhere]\nhost=127.0.0.1\nport={port}\ndbname=nowhere\nuser=nobody\n")
    for name in ("psqlrc", ".psqlrc"):
        (folder / name).write_text(f"\\! touch {trace}\n\\c nowhere nobody 127.0.0.1 {port}\n")
    (folder / ".pgpass").write_text("*:*:*:*:wrong\n")
    (folder / ".pgpass").chmod(0o600)
    server = {"PGHOST": "127.0.0.1", "PGHOSTADDR": "127.0.0.1", "PGPORT": str(port), "PGDATABASE": "nowhere"}
    who = {"PGUSER": "nobody", "PGPASSWORD": "wrong", "PGPASSFILE": str(folder / ".pgpass"), "PGAPPNAME": "embassy"}
    service = {"PGSERVICE": "elsewhere", "PGSERVICEFILE": str(folder / "pg_service.conf"), "PGSYSCONFDIR": str(folder)}
    how = {
        "PGSSLMODE": "prefer",
        "PGCHANNELBINDING": "require",
        "PGREQUIREAUTH": "none",
    }
    session = {"PGOPTIONS": "-c default_transaction_read_only=on", "PGCLIENTENCODING": "LATIN1", "PGTZ": "Asia/Tokyo"}
    more = {"PGTARGETSESSIONATTRS": "standby", "PGDATA": str(folder), "PGDATESTYLE": "german", "PGCONNECT_TIMEOUT": "0"}
    own = {"HOME": str(folder), "PSQLRC": str(folder / "psqlrc"), "PSQL_HISTORY": str(folder / "history")}
    return {**server, **who, **service, **how, **session, **more, **own}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A home of somebody, which the sites may look into."""
    (tmp_path / "boats.sql").write_text(DUMP)
    (tmp_path / "drill.yaml").write_text(SCENARIO)
    (somebody := tmp_path / "somebody").mkdir(mode=0o777)
    somebody.chmod(0o777)
    return somebody


def test_a_drill_goes_to_no_server_that_the_environment_names(folder: Path, tmp_path: Path) -> None:
    """Every copy, psql over a plain dump, and a restore: whatever starts a program of PostgreSQL."""
    scenario, trace = tmp_path / "drill.yaml", folder / "trace"
    with decoy() as (port, heard):
        environment = hostile(folder, port, trace)
        with victim(tmp_path, "embedded", "--quiet", scenario=scenario, **environment) as run:
            assert run.process.wait(_ENDS) == 0, run.said.read_text()
            events = {event["what"] for event in run.events()}
    assert heard == []
    assert not trace.exists()
    assert not (folder / "history").exists()
    assert {"restore point", "served", "fence proven"} <= events


@pytest.mark.parametrize(
    "words", [("doctor",), ("plan", "power-loss"), ("validate", "power-loss"), ("clean", "--dry-run")]
)
def test_nor_does_any_other_command(folder: Path, words: tuple[str, ...]) -> None:
    trace = folder / "trace"
    with decoy() as (port, heard):
        told = drill(*words, **hostile(folder, port, trace))
        assert told.returncode == 0, told.stdout + told.stderr
    assert heard == []
    assert not trace.exists()


def test_the_decoy_hears_who_does_as_the_environment_says(folder: Path) -> None:
    """Else its silence would prove nothing."""
    with decoy() as (port, heard):
        psql = [str(binaries.find().folder / "psql"), "-c", "select 1"]
        environment = {**os.environ, **hostile(folder, port, folder / "trace")}
        subprocess.run(psql, env=environment, capture_output=True, timeout=30, check=False)
    assert heard
