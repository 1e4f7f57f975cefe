"""Measure, on this machine, what the program promises of itself; each figure beside its floor, on the same bytes.

python -m tests.bench
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from drill.hosts import binaries
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.hosts.process import ProcessPremises
from drill.probes.survey import Surveyor
from drill.registers import ALL
from drill.sites.courier import errand, instruct
from drill.sites.keys import Keys
from drill.sites.site import COURIER, Site

ROUNDS = 5
PEOPLE = 130_000


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def alternating(ours: Callable[[], object], floor: Callable[[], object], rounds: int = ROUNDS) -> tuple[float, float]:
    """Medians of both, measured in turns so that a noisy machine is noisy for both."""
    pairs = [(seconds(ours), seconds(floor)) for _ in range(rounds)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


@contextmanager
def founded(people: int) -> Iterator[tuple[Site, Site]]:
    """Home, filled, and an embassy that can reach it."""
    with ExitStack() as stack:
        run_id = new_run_id()
        hosts = stack.enter_context(ProcessPremises(binaries.find(), "bench").hosts(run_id))
        cable, keys = stack.enter_context(Cable.laid(run_id)), Keys()
        home, embassy = (
            stack.enter_context(Site(host.name, host, cable, keys, lambda *_: None).open()) for host in hosts
        )
        home.found(embassy)
        for register in ALL.values():
            register.fill(home, people, 1)
        yield home, embassy


def bulk(home: Site, embassy: Site) -> dict[str, float]:
    """pg_basebackup of home to nowhere: through the cable, and over home's own socket."""
    env = instruct(embassy)
    size = sum(row[0] for row in home.ask("select pg_database_size(oid)::bigint from pg_database"))
    at = home.host.address()

    def fetch(where: str) -> None:
        argv = [
            embassy.program("pg_basebackup"),
            "-Ft",
            "-D",
            "-",
            "-X",
            "none",
            "-c",
            "fast",
            "--no-slot",
            "-d",
            where,
        ]
        with Path("/dev/null").open("wb") as nowhere:
            subprocess.run(argv, env=env, stdout=nowhere, stderr=subprocess.DEVNULL, check=True, timeout=600)

    through, direct = alternating(
        lambda: fetch(errand(home)), lambda: fetch(f"host={at.host} port={at.port} user={COURIER} dbname=postgres")
    )
    return {
        "MB": size / 1e6,
        "through the cable, MB/s": size / 1e6 / through,
        "over the socket, MB/s": size / 1e6 / direct,
    }


def digest(home: Site) -> dict[str, float]:
    """Sealing all registers, beside pg_dump -Fc -Z0 of the same tables to nowhere."""
    size = sum(
        row[0]
        for name in ALL
        for row in home.ask(
            "select coalesce(sum(pg_table_size(c.oid)),0)::bigint from pg_class c"
            " join pg_namespace n on n.oid = relnamespace and nspname = 'public' where relkind in ('r','p')",
            database=name,
        )
    )
    at, env = home.host.address(), {"PGPASSWORD": home.officers_password}

    def seal() -> None:
        for name in ALL:
            Surveyor().seal(name, home)

    def dump() -> None:
        for name in ALL:
            where = f"host={at.host} port={at.port} user=drill dbname={name}"
            argv = [home.program("pg_dump"), "-Fc", "-Z0", "-n", "public", "-d", where]
            subprocess.run(argv, env=env, stdout=subprocess.DEVNULL, check=True, timeout=600)

    ours, floor = alternating(seal, dump)
    return {"MB": size / 1e6, "digest, MB/s": size / 1e6 / ours, "pg_dump, MB/s": size / 1e6 / floor}


def starting() -> dict[str, float]:
    """`drill --help` beside the --help of an empty Typer application."""
    empty = "import typer\napp = typer.Typer()\n@app.command()\ndef nothing() -> None: ...\napp()\n"
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "empty.py"
        script.write_text(textwrap.dedent(empty))

        def help_of(*argv: str) -> Callable[[], object]:
            return lambda: subprocess.run([sys.executable, *argv, "--help"], capture_output=True, check=True)

        ours, floor = alternating(help_of("-m", "drill"), help_of(str(script)), 15)
    return {"drill --help, s": ours, "empty Typer --help, s": floor, "ratio": ours / floor}


def main(arguments: Sequence[str]) -> None:
    """Print each group of figures as it is measured, and all of them as JSON at the end."""
    people = int(arguments[0]) if arguments else PEOPLE
    figures = {"starting": starting()}
    with founded(people) as (home, embassy):
        figures["cable"] = bulk(home, embassy)
        figures["digest"] = digest(home)
    rounded = {group: {name: round(figure, 3) for name, figure in each.items()} for group, each in figures.items()}
    sys.stdout.write(json.dumps({"people": people, **rounded}, indent=2) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
