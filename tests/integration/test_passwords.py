"""No password of a drill is in an argument, an environment, a report or a log, or in what it says or leaves."""

from __future__ import annotations

import base64
import threading
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.fix_victim import Victim, victim
from tests.integration.test_environment import DUMP, SCENARIO

_ENDS = 240.0  # seconds
_SHORTEST = 20  # letters of a password; each is longer
_FEWEST = 6  # home's officer and the embassy's, the courier, the watch, citizens of two registers

# Loaded by Python when it starts: whatever the drill draws as a secret is told to the test, and to nobody else.
EAVESDROPPER = """\
import os, secrets
_draw = secrets.token_urlsafe
def token_urlsafe(nbytes=None):
    drawn = _draw(nbytes)
    told = os.open({path!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(told, drawn.encode() + b"\\n")
    os.close(told)
    return drawn
secrets.token_urlsafe = token_urlsafe
"""


def forms(secret: str) -> set[bytes]:
    """How it could be written: as it is, for an address, in hexadecimal, in base64 wherever it begins there."""
    plain = secret.encode()
    shifted = (base64.b64encode(b"x" * n + plain)[4:-4] for n in range(3))
    quoted = urllib.parse.quote(secret, safe="").encode()
    return {plain, quoted, plain.hex().encode(), plain.hex().upper().encode(), *shifted}


@dataclass
class Watcher:
    """Looks again and again at the arguments and the environment of every process of this machine."""

    seen: set[bytes] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        while not self.over.is_set():
            for process in Path("/proc").iterdir():
                if process.name.isdigit():
                    self._look_at(process)

    def _look_at(self, process: Path) -> None:
        for name in ("cmdline", "environ"):
            with suppress(OSError):  # it has ended, or is another user's
                self.seen.add((process / name).read_bytes())

    @contextmanager
    def at_work(self) -> Iterator[None]:
        thread = threading.Thread(target=self.look)
        thread.start()
        try:
            yield
        finally:
            self.over.set()
            thread.join()


Played = tuple[Victim, Watcher, list[str], Path]  # and its passwords, and the folder of all that


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A drill with every copy, somebody's own data and every report; what was seen meanwhile; its passwords."""
    folder = tmp_path_factory.mktemp("passwords")
    drawn, hook, watcher = folder / "drawn", folder / "hook", Watcher()
    hook.mkdir()
    (folder / "reports").mkdir()
    (hook / "sitecustomize.py").write_text(EAVESDROPPER.format(path=str(drawn)))
    (folder / "boats.sql").write_text(DUMP)
    (folder / "drill.yaml").write_text(SCENARIO)
    reports = [f"--{kind}={folder / 'reports' / kind}" for kind in ("json", "junit", "markdown", "html")]
    with (
        watcher.at_work(),
        victim(folder, "embedded", *reports, scenario=folder / "drill.yaml", PYTHONPATH=str(hook)) as run,
    ):
        assert run.process.wait(_ENDS) == 0, run.said.read_text()
    return run, watcher, drawn.read_text().split(), folder


def test_what_is_looked_for_is_what_the_drill_uses(played: Played) -> None:
    _, watcher, secrets, _ = played
    assert len(set(secrets)) >= _FEWEST
    assert min(map(len, secrets)) >= _SHORTEST
    said = b"\n".join(watcher.seen)
    programs = ("initdb", "pg_basebackup", "pg_dump", "pg_receivewal", "pg_restore", "psql", "drill.hosts.relay")
    assert [name for name in programs if name.encode() not in said] == []
    assert b"PGPASSFILE=" in said


def test_no_process_is_given_a_password(played: Played) -> None:
    _, watcher, secrets, _ = played
    said = b"\n".join(watcher.seen)
    assert [secret for secret in secrets if any(form in said for form in forms(secret))] == []


def test_no_password_is_left_or_said(played: Played) -> None:
    """Events, ledger, seals, holdings, logs, reports, both outputs; and no file of the sites is left."""
    run, _, secrets, folder = played
    files = [path for place in (run.runs, folder / "reports") for path in place.rglob("*") if path.is_file()]
    assert {"events.jsonl", "ledger.jsonl", "home.log", "embassy.log", "json", "junit", "markdown", "html"} <= {
        f.name for f in files
    }
    for path in [*files, run.said, folder / "drill.yaml"]:
        content = path.read_bytes()
        assert [s for s in secrets if any(form in content for form in forms(s))] == [], path
    assert list(run.parent.glob(f"*{run.run_id}*")) == []


def test_the_forms_are_found_where_they_stand() -> None:
    secret = "S3cr-t_of-thirty-two-letters-0123"
    for before in ("", "a", "ab", "abc"):
        for text in (
            secret.encode(),
            base64.b64encode(f"{before}{secret} and more".encode()),
            secret.encode().hex().encode(),
        ):
            assert any(form in text for form in forms(secret))
