"""What `drill seal` leaves on the disk: a seal and a dump, or nothing of either."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill import seals
from drill.cli import app
from drill.cli import seal as command
from drill.errors import CannotRun
from drill.hosts.process import ProcessPremises
from drill.seals import How
from drill.sites.origin import Origin
from tests.fix_victim import drill, ended_at
from tests.integration.test_seals import served


@pytest.fixture(scope="module")
def town(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    with served(embedded_premises, tmp_path_factory.mktemp("town")) as (_, origin):
        yield origin


def test_of_a_seal_that_is_refused_no_dump_is_left_and_a_folder_that_was_there_stays(
    town: Origin, tmp_path: Path
) -> None:
    nightly, seal = tmp_path / "nightly", tmp_path / "seal.json"
    words = ("seal", town.dsn, "--database", "town", "--with-dump", str(nightly), "-o", str(seal))
    refused = drill(*words, "--tables", "public.mouse")
    assert refused.returncode == 2, refused.stderr
    assert not nightly.exists()

    nightly.mkdir()
    (nightly / "mine").write_text("dear to me")
    refused = drill(*words)
    assert refused.returncode == 4, refused.stderr
    assert [path.name for path in nightly.iterdir()] == ["mine"]
    assert not seal.exists()


def test_a_seal_that_finds_no_place_is_told_before_anything_is_read(town: Origin, tmp_path: Path) -> None:
    nightly, seal = tmp_path / "nightly", tmp_path / "none" / "seal.json"
    refused = drill("seal", town.dsn, "--with-dump", str(nightly), "--nonce", "-o", str(seal))
    assert refused.returncode == 2, refused.stderr
    assert refused.stderr.startswith(f"{seal}: there is no folder {seal.parent}\n")
    assert list(tmp_path.iterdir()) == []


def test_a_seal_may_lie_beside_its_dumps(town: Origin, tmp_path: Path) -> None:
    nightly = tmp_path / "nightly"
    words = ("--database", "town", "--with-dump", str(nightly), "-o", str(nightly / "seal.json"))
    done = drill("seal", town.dsn, *words)
    assert done.returncode == 0, done.stderr
    assert seals.read(nightly / "seal.json").how is How.DUMPED


def test_a_seal_takes_the_place_of_no_other_unless_it_is_told_to(town: Origin, tmp_path: Path) -> None:
    seal = tmp_path / "seal.json"
    seal.write_text("of last night")
    words = ("seal", town.dsn, "--database", "town", "-o", str(seal))
    refused = drill(*words)
    assert (refused.returncode, "take its place: --replace" in refused.stderr) == (2, True), refused.stderr
    assert seal.read_text() == "of last night"
    assert drill(*words, "--replace").returncode == 0
    assert seals.read(seal).how is How.UNDER_LOAD


def test_an_interrupted_sealing_says_that_nothing_is_left(town: Origin, tmp_path: Path) -> None:
    words = ("--database", "town", "--with-dump", str(tmp_path / "nightly"), "-o", str(tmp_path / "seal.json"))
    with town.console("town", patience=60) as console, console.transaction():
        console.execute("set transaction read write; lock table house in access exclusive mode")
        code, says = ended_at("sealing town", "seal", town.dsn, *words)
    assert (code, says.splitlines()[-1]) == (
        130,
        "interrupted: no seal was written; nothing was written to the server",
    )
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_sealing_says_which_mark_is_left(
    town: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told: list[str] = []

    def interrupt(text: str) -> None:
        told.append(text)
        if text.startswith("making the restore point"):
            raise KeyboardInterrupt

    monkeypatch.setattr(command, "_say", interrupt)
    words = ("--database", "town", "--nonce", "--restore-point", "x", "-o", str(tmp_path / "seal.json"))
    assert app(["seal", town.dsn, *words], standalone_mode=False) == 130
    nonce = told[-2].removeprefix("making the ")
    assert nonce.startswith("nonce ")
    assert capsys.readouterr().err == f"interrupted: no seal was written; the server's log may hold the {nonce}\n"


def test_of_a_seal_that_cannot_be_kept_no_dump_is_left(
    town: Origin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nightly, place = tmp_path / "nightly", tmp_path / "place"
    place.mkdir()
    monkeypatch.setattr(command, "_say", lambda _: shutil.rmtree(place, ignore_errors=True))
    words = ("--database", "town", "--with-dump", str(nightly), "-o", str(place / "seal.json"))
    with pytest.raises(CannotRun, match="No such file or directory"):
        app(["seal", town.dsn, *words], standalone_mode=False)
    assert list(tmp_path.iterdir()) == []
