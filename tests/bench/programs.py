"""The program itself, its cable and its digest."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

from drill.digest import Form
from drill.dumpfile import DumpFile
from drill.hosts import binaries
from drill.probes.survey import Surveyor
from drill.sealing import Sealing
from drill.seals import How, written
from drill.sites.courier import errand, instruct
from drill.sites.loading import Loading
from drill.sites.site import COURIER, OFFICER
from tests.bench.ground import Ground, sites
from tests.bench.stopwatch import Figure, in_turns, seconds
from tests.fix_home import origin_of

_BANK = """
create table account (id int primary key, owner text not null, opened date);
insert into account select i, md5(i::text), '2000-01-01' from generate_series(1, 80000) i;
create index on account (owner);
create table entry (id int primary key, account int references account, body text);
insert into entry select i, i, md5((-i)::text) || md5((2 * i)::text) from generate_series(1, 40000) i;
"""
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
    """Sealing all registers, and looking at them again, beside pg_dump -Fc -Z0 of the same tables to nowhere."""
    home, env, at = ground.home, {"PGPASSWORD": ground.home.officers_password}, ground.home.host.address()

    def each(look: Callable[[str], object]) -> Callable[[], float]:
        return lambda: seconds(lambda: [look(name) for name in ground.registers])

    def dump(name: str) -> None:
        where = f"host={at.host} port={at.port} user={OFFICER} dbname={name}"
        argv = [home.program("pg_dump"), "-Fc", "-Z0", "-n", "public", "-d", where]
        subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=True, timeout=_LIMIT)

    native, portable, seals = Surveyor(), Surveyor(form=Form.PORTABLE), ground.seals
    size = _rows_size(ground)
    took = in_turns("", each(lambda name: native.seal(name, home)), each(dump), rounds)
    yield _rate("digest of all tables / pg_dump -Fc -Z0", took, size, ">= 200 MB/s")
    took = in_turns(
        "", each(lambda name: portable.seal(name, home)), each(lambda name: native.seal(name, home)), rounds
    )
    yield _rate("portable digest / native digest", took, size, "")
    gate = each(lambda name: native.holdings(name, home, seals[name]))
    yield in_turns("the gate's look / pg_dump -Fc -Z0", gate, each(dump), rounds, target="<= 2.5 x pg_dump")
    survey = each(lambda name: native.thorough(name, home, seals[name]))
    yield in_turns("the survey's look / pg_dump -Fc -Z0", survey, each(dump), rounds)


def verifying(rounds: int) -> Iterator[Figure]:
    """`drill verify` of a dump of one database with its roles, a whole process; the loading alone is its floor."""
    with tempfile.TemporaryDirectory() as folder, sites() as (home, embassy):
        nightly, place = Path(folder) / "nightly", Path(folder)
        with home.console() as console:
            console.execute("create database bank")
        with home.console("bank") as console:
            console.execute(_BANK)
        nightly.mkdir()
        sealing = Sealing(origin_of(home, place, "bank"), How.DUMPED, ("bank",), nightly, binaries.find().folder)
        (place / "seal.json").write_text(written(sealing.take(lambda _: None)))
        loaded = Loading(DumpFile.recognised(nightly / "bank.dump"), "bank")
        embassy.start(embassy.initialise())

        def load() -> float:
            with embassy.console() as console:
                console.execute("drop database if exists bank")
                console.execute("create database bank template template0")
            return seconds(lambda: loaded.load(embassy))

        argv = [sys.executable, "-m", "drill", "verify", str(nightly), "--seal", str(place / "seal.json")]
        command = [*argv, "--on", "embedded", "--quiet"]
        whole = lambda: seconds(lambda: subprocess.run(command, capture_output=True, check=True))  # noqa: E731
        size = (nightly / "bank.dump").stat().st_size / 1e6
        name = f"drill verify of a dump of {size:.1f} MB / pg_restore alone"
        yield in_turns(name, whole, load, rounds, target="<= 4 s")


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
