"""The program itself, its cable and its digest."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from drill.probes.survey import Surveyor
from drill.sites.courier import errand, instruct
from drill.sites.site import COURIER, OFFICER
from tests.bench.ground import Ground
from tests.bench.stopwatch import Figure, in_turns, seconds

_LIMIT = 1800  # seconds for one program
_QUICK = 3  # times as many rounds of what takes a tenth of a second


def starting(rounds: int) -> Iterator[Figure]:
    """`drill --help` beside the --help of an empty Typer application."""
    empty = "import typer\napp = typer.Typer()\n@app.command()\ndef nothing() -> None: ...\napp()\n"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text(textwrap.dedent(empty))

        def help_of(*argv: str) -> Callable[[], float]:
            command = [sys.executable, *argv, "--help"]
            return lambda: seconds(lambda: subprocess.run(command, capture_output=True, check=True))

        ours, floor = help_of("-m", "drill"), help_of(str(script))
        yield in_turns("drill --help / an empty Typer program", ours, floor, _QUICK * rounds)


def copying(ground: Ground, rounds: int) -> Iterator[Figure]:
    """pg_basebackup of home to nowhere: through the cable, and over home's own socket."""
    home, embassy, env, at = ground.home, ground.embassy, instruct(ground.embassy), ground.home.host.address()
    how = ["-Ft", "-D", "-", "-X", "none", "-c", "fast", "--no-slot"]

    def fetch(where: str) -> float:
        with Path("/dev/null").open("wb") as nowhere:
            argv = [embassy.program("pg_basebackup"), *how, "-d", where]
            return seconds(
                lambda: subprocess.run(
                    argv, env=env, stdout=nowhere, stderr=subprocess.DEVNULL, check=True, timeout=_LIMIT
                )
            )

    direct = f"host={at.host} port={at.port} user={COURIER} dbname=postgres"
    took = in_turns("", lambda: fetch(errand(home)), lambda: fetch(direct), rounds)
    yield _rate("base backup through the cable / over the socket", took, ground.size(), ">= 300 MB/s")


def digesting(ground: Ground, rounds: int) -> Iterator[Figure]:
    """Sealing all registers, beside pg_dump -Fc -Z0 of the same tables to nowhere."""
    home, env, at = ground.home, {"PGPASSWORD": ground.home.officers_password}, ground.home.host.address()

    def seal() -> None:
        for name in ground.registers:
            Surveyor().seal(name, home)

    def dump() -> None:
        for name in ground.registers:
            where = f"host={at.host} port={at.port} user={OFFICER} dbname={name}"
            argv = [home.program("pg_dump"), "-Fc", "-Z0", "-n", "public", "-d", where]
            subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=True, timeout=_LIMIT)

    took = in_turns("", lambda: seconds(seal), lambda: seconds(dump), rounds)
    yield _rate("digest of all tables / pg_dump -Fc -Z0", took, _rows_size(ground), ">= 200 MB/s")


def _rows_size(ground: Ground) -> int:
    """Bytes of the tables without their indexes."""
    tables = (
        "select coalesce(sum(pg_table_size(c.oid)), 0)::bigint from pg_class c"
        " join pg_namespace n on n.oid = relnamespace and nspname = 'public' where relkind in ('r', 'p')"
    )
    return sum(int(ground.home.ask(tables, database=name)[0][0]) for name in ground.registers)


def _rate(name: str, took: Figure, size: int, target: str) -> Figure:
    """MB/s from the seconds that so many bytes took."""
    ours, floor = ([size / 1e6 / each for each in measured] for measured in (took.ours, took.floor))
    return Figure(name, ours, floor, "MB/s", target)
