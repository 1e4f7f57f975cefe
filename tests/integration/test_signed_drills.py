"""Real drills are signed when they end, whatever way they end, and tampering with what they left is found."""

import json
import os
import re
import shutil
import signal
from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path

import pytest

from drill.head import cover
from drill.signature import PRIVATE, PUBLIC, PublicKey, Signer
from drill.tampering import Suspect
from drill.verdict import Verdict
from tests.fix_victim import drill, victim
from tests.tamperings import EVENTS, REPORT, TAMPERINGS, Tampering

_ENDS = 60.0  # seconds, on a loaded machine


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody with a key played two drills; the first was interrupted."""
    place = tmp_path_factory.mktemp("signed")
    own = {"XDG_CONFIG_HOME": str(place)}
    assert drill("keys", "new", **own).returncode == 0
    shutil.copytree(place / "drill", place / "keys")
    with victim(place, "embedded", XDG_CONFIG_HOME=str(place)) as stopped:
        stopped.reach("act began", act="outage")
        os.kill(stopped.process.pid, signal.SIGINT)
        assert stopped.process.wait(_ENDS) == 130
    played = drill("run", str(place / "small.yaml"), "--on", "embedded", "--runs", str(place / "runs"), **own)
    assert played.returncode == 0, played.stderr
    with (place / "said").open("a") as said:
        said.write(played.stdout + played.stderr)
    last = runs_of(place)[-1]
    (last / REPORT).write_text("all is met")
    assert cover(last, last / REPORT, Signer.read(place / "keys" / PRIVATE))
    return place


@pytest.fixture
def place(signed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(signed, tmp_path / "copy"))


def runs_of(place: Path) -> list[Path]:
    return sorted((place / "runs").glob("*/"))


def verified(folder: Path, *words: str) -> tuple[int, dict[str, object]]:
    told = drill("evidence", "verify", str(folder), "--json", *words, XDG_CONFIG_HOME="/nowhere")
    return told.returncode, json.loads(told.stdout)


def test_the_hashes_that_were_printed_are_those_of_the_runs(signed: Path) -> None:
    said = (signed / "said").read_text()
    openings, heads = (re.findall(rf"^{word} +([0-9a-f]{{64}})$", said, re.M) for word in ("opening", "head"))
    assert len(set(openings + heads)) == 4
    for folder, opening, head in zip(runs_of(signed), openings, heads, strict=True):
        key = ["--public-key", str(signed / "keys" / PUBLIC)]
        code, told = verified(folder, *key, "--noted", opening, "--noted", head)
        assert (code, told["verdict"], told["opening"], told["head"]) == (0, "met", opening, head), told


def test_each_exit_code(place: Path) -> None:
    folder, key = runs_of(place)[-1], ["--public-key", str(place / "keys" / PUBLIC)]
    assert verified(folder)[0] == 3
    assert drill("evidence", "verify", str(place), *key).returncode == 2
    assert drill("judge", str(folder), "--quiet").returncode == 0
    TAMPERINGS["a line dropped"].does(folder)
    told = drill("evidence", "verify", str(folder), *key)
    assert told.returncode == 1
    assert f"{folder.name}: MISSED" in told.stdout
    assert re.search(r"^missed +events.jsonl:6 +line 6 is missing: line 7 stands here$", told.stdout, re.M)
    assert drill("judge", str(folder)).returncode == 4
    (folder / EVENTS).unlink()
    (folder / EVENTS).mkdir()
    assert drill("evidence", "verify", str(folder), *key).returncode == 4


@pytest.mark.parametrize("noted", ["", "abc", "0" * 63, "0" * 65, "g" * 64])
def test_a_slip_of_the_pen_is_no_tampering(signed: Path, noted: str) -> None:
    refused = drill("evidence", "verify", str(runs_of(signed)[-1]), "--noted", noted, COLUMNS="200")
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "one has 64 hexadecimal digits" in refused.stderr


def test_a_hash_may_be_noted_in_capitals(signed: Path) -> None:
    code, told = verified(folder := runs_of(signed)[-1], "--public-key", str(signed / "keys" / PUBLIC))
    assert code == 0
    noted = f" {told['head']} ".upper()
    assert verified(folder, "--public-key", str(signed / "keys" / PUBLIC), "--noted", noted)[0] == 0


@pytest.mark.parametrize("tampering", TAMPERINGS.values(), ids=TAMPERINGS)
def test_tampering_is_found_where_it_was_done(place: Path, tampering: Tampering) -> None:
    folder, public = runs_of(place)[-1], PublicKey.read(place / "keys" / PUBLIC)
    before = Suspect(folder, public, demanded=True).traces()
    assert {trace.verdict for trace in before} == {Verdict.MET}
    tampering.does(folder)
    traces = Suspect(folder, public, demanded=True).traces()
    assert Verdict.of(trace.verdict for trace in traces if trace.verdict) is tampering.verdict, traces
    found = [each for each in traces if each.verdict is tampering.verdict and tampering.says in each.says]
    assert any(tampering.finds in (f"{each.file}:{each.line}", Path(each.file).name, each.file) for each in found), (
        traces
    )


def secrets_of(private: Path) -> Iterator[bytes]:
    """The key as its file has it, and the 32 bytes that matter, in several ways of writing them."""
    body = "".join(line for line in private.read_text().splitlines() if "-" not in line)
    seed = b64decode(body)[-32:]
    yield from (body.encode(), seed, seed.hex().encode())


def test_the_private_key_is_nowhere_in_what_was_left_or_said(signed: Path) -> None:
    left = [path for path in (signed / "runs").rglob("*") if path.is_file()]
    assert len(left) > 20
    for path in [*left, signed / "said"]:
        content = path.read_bytes()
        assert not any(secret in content for secret in secrets_of(signed / "keys" / PRIVATE)), path


def test_a_drill_that_is_killed_is_unfinished(signed: Path, tmp_path: Path) -> None:
    with victim(tmp_path, "embedded", DRILL_KEY=str(signed / "keys" / PRIVATE)) as killed:
        killed.reach("act began", act="calm")
        killed.look()
        killed.process.kill()
        killed.gone_within(_ENDS)
        code, told = verified(killed.folder, "--public-key", str(signed / "keys" / PUBLIC))
    assert (code, told["verdict"], told["head"]) == (3, "unknown", None), told
