"""The shell script that a drill is measured against, with the same statements as the drill gives to PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from drill.digest import of_table, quoted
from drill.evidence import Seal
from drill.hosts import mark
from drill.hosts.accounts import account
from drill.probes.digests import READING
from drill.sites.settings import SETTINGS
from tests.bench.ground import SEVEN, filled, premises
from tests.bench.stopwatch import seconds

_SCRIPT = Path(__file__).with_name("power-loss.sh")
_LIMIT = 3600  # seconds


@dataclass
class Recorder:
    """Stands where a register that is filled expects a console, and writes down what it is told."""

    said: list[str] = field(default_factory=list)

    def execute(self, statement: Any, *_: Any) -> None:
        text = statement if isinstance(statement, str) else statement.as_string(None)
        self.said.append(text.strip().removesuffix(";") + ";\n")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self.said.append("begin;\n")
        yield
        self.said.append("commit;\n")


@dataclass
class Home:
    """As much of a site as a register asks for."""

    recorders: dict[str, Recorder] = field(default_factory=dict)

    def create_login(self, role: str, attributes: str = "") -> None:
        with self.console() as recorder:
            recorder.execute(f"create role {role} login {attributes}")

    @contextmanager
    def console(self, database: str = "postgres", **_: Any) -> Iterator[Recorder]:
        yield self.recorders.setdefault(database, Recorder())


class Script:
    """power-loss.sh with the files that it reads, for so many people."""

    def __init__(self, people: int) -> None:
        with filled(300) as ground:  # the columns are the same for any number of people
            digests = {f"{name}.digest.sql": _digests(seal) for name, seal in ground.seals.items()}
        home = Home()
        home.create_login("courier", "replication")
        for register in SEVEN.values():
            register.fill(home, people, 1)  # type: ignore[arg-type]  # all that it asks of a site
        self._files: Mapping[str, str] = {
            **{f"{name}.sql": "".join(recorder.said) for name, recorder in home.recorders.items()},
            **digests,
            "registers": "".join(f"{name}\n" for name in SEVEN),
            "settings.conf": "".join(f"{name} = '{value}'\n" for name, value in SETTINGS.items()),
            "agreement": "".join(_agreement()),
        }

    def run(self) -> float:
        """Seconds from its start to its end."""
        user = account("home")
        with tempfile.TemporaryDirectory(prefix="drill-bench-", dir=mark.work_parent()) as folder:
            programs = premises().binaries.copied_below(Path(folder)).folder
            for name, text in self._files.items():
                Path(folder, name).write_text(text, encoding="utf-8")
            subprocess.run(["chown", "-R", str(user.uid), folder], check=True)
            who = ["setpriv", "--reuid", str(user.uid), "--clear-groups"] if os.geteuid() == 0 else []
            argv = [*who, "/bin/sh", "-s", folder, str(programs)]
            with _SCRIPT.open("rb") as script:  # its own folder need not be readable by that user
                run = partial(subprocess.run, argv, stdin=script, check=True, timeout=_LIMIT, capture_output=True)
                return seconds(run)


def _digests(seal: Seal) -> str:
    settings = [f"set {name} = '{value}';\n" for name, value in READING.items()]
    tables = []
    for table, columns in seal.structure.columns.items():
        schema, _, name = table.partition(".")
        tables.append(of_table(f"{quoted(schema)}.{quoted(name)}", columns, partitioned=True) + ";\n")
    return "".join([*settings, *tables])


def _agreement() -> Iterator[str]:
    for name, register in SEVEN.items():
        for r in register.references:
            known = f"exists (select from known k where k.code = t.{r.column}::text)"
            query = f"select count(*) from public.{r.table} t where t.{r.column} is not null and not {known}"
            yield f"{name} {r.register} public.{r.other_table} {r.other_column} {query}\n"
