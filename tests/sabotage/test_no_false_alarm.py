"""What is sound is never called damaged: drills in a row, and copies of a server to which somebody writes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from drill.clock import wait_until
from drill.cluster_verification import ClusterVerification
from drill.clusters import Cluster
from drill.hosts import binaries
from drill.hosts.process import ProcessPremises
from drill.offered import Offered
from drill.sealing import Sealing
from drill.seals import How, Sealed
from drill.sites.aim import Aim
from drill.sites.origin import Origin
from drill.sites.site import Site
from drill.verdict import Verdict
from drill.verification import Verification
from drill.verified import Verified
from tests.fix_home import ARCHIVING, lone, origin_of, stop_in_order
from tests.integration.test_scenarios import SCENARIOS, is_as_it_says, play
from tests.sabotage.load import Load

DRILLS, COPIES = 50, 50
_ACKED = 200
_SHOP = "shop"


def _in_a_folder(folder: Path, number: int) -> Path:
    """A scenario of which few citizens come is given more time to see some."""
    path = SCENARIOS[number]
    shutil.copytree(path.parent, folder / "scenarios")
    copy = folder / "scenarios" / path.name
    copy.write_text(re.sub(r"(per_second: 20,.*\ncalm: )5s", r"\g<1>15s", copy.read_text()))
    return copy


@pytest.mark.soak
@pytest.mark.parametrize("number", range(DRILLS))
def test_a_drill_ends_as_its_scenario_says(number: int, hosts: tuple[str, ...], tmp_path: Path) -> None:
    """With another seed and another number of people each time."""
    path, host = _in_a_folder(tmp_path, number % len(SCENARIOS)), hosts[number // len(SCENARIOS) % len(hosts)]
    size = ["--people", str(1000 + number * 379 % 6000), "--seed", str(1000 + number)]
    code, document, told = play(tmp_path / "runs", str(path), "--on", host, *size)
    (run,) = document["runs"]
    is_as_it_says(run, path.stem, host)
    assert code == 0, told
    assert run["acked"] >= _ACKED


@dataclass(frozen=True)
class Shop:
    """A server to which somebody writes."""

    site: Site
    origin: Origin
    load: Load
    premises: ProcessPremises

    def seal(self, how: How, to: Path | None = None, point: str | None = None) -> Sealed:
        programs = binaries.find().folder
        return Sealing(self.origin, how, (_SHOP,), to, programs, restore_point=point).take(lambda _: None)

    def backed_up(self, to: Path) -> Path:
        argv = [self.site.program("pg_basebackup"), "-D", str(to), "-c", "fast", "-d", self.origin.dsn]
        subprocess.run(argv, check=True, capture_output=True, timeout=120)
        return to

    def archived(self, base: Path, to: Path) -> Path:
        """All of the log that a backup needs, by now."""
        ((last,),) = self.site.ask("select pg_walfile_name(pg_switch_wal())")
        first = re.findall(r"file ([0-9A-F]{24})", (base / "backup_label").read_text())[0]
        archive = Path(self.site.host.disk / "archive")
        wait_until("all of it is archived", (archive / str(last)).exists, deadline=60, hint="see archive_command")
        to.mkdir()
        for segment in sorted(archive.iterdir()):
            if first <= segment.name <= str(last):
                shutil.copy(segment, to)
        return to

    def verify(self, copy: Path, sealed: Sealed, wal: Path | None = None, aim: str = "latest") -> Verified:
        cluster = Cluster.recognised(copy, wal)
        if cluster is None:
            return Verification(Offered.recognised(copy), sealed, self.premises).run(lambda _: None)
        return ClusterVerification(cluster, Aim.named(aim), sealed, self.premises).run(lambda _: None)


@pytest.fixture(scope="module")
def shop(embedded_premises: ProcessPremises, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("shop")
    with lone(embedded_premises, ARCHIVING) as site:
        with site.console() as console:
            console.execute(f"create database {_SHOP} template template0".encode())
        origin = origin_of(site, folder)
        with Load(origin.conninfo(_SHOP), seed=1).at_work() as load:
            yield Shop(site, origin, load, embedded_premises)


# Each makes a copy that is sound and verifies it; those that are of the moment of their seal must be met.


def _dumped(shop: Shop, folder: Path, _: int) -> Verified:
    """With the seal, while rows are written."""
    (nightly := folder / "nightly").mkdir()
    with shop.load.rows_only():
        sealed = shop.seal(How.DUMPED, nightly)
    return shop.verify(nightly, sealed)


def _replayed_to_the_seal(shop: Shop, folder: Path, number: int) -> Verified:
    """A backup under load, and its log, replayed to where writers rested."""
    base = shop.backed_up(folder / "base")
    shop.load.goes_on()
    with shop.load.resting():
        sealed = shop.seal(How.QUIESCED, point=f"point-{number}")
    shop.load.goes_on()
    return shop.verify(base, sealed, shop.archived(base, folder / "archive"), f"name:point-{number}")


def _backed_up_at_rest(shop: Shop, folder: Path, _: int) -> Verified:
    with shop.load.resting():
        sealed = shop.seal(How.QUIESCED)
        base = shop.backed_up(folder / "base")
    return shop.verify(base, sealed)


def _stopped_at_rest(shop: Shop, folder: Path, _: int) -> Verified:
    with shop.load.resting():
        sealed = shop.seal(How.QUIESCED)
        copy = _stopped(shop, folder / "data")
    return shop.verify(copy, sealed)


def _replayed_further(shop: Shop, folder: Path, _: int) -> Verified:
    """Sealed under load, and written to before, meanwhile and after."""
    with shop.load.rows_only():
        sealed = shop.seal(How.UNDER_LOAD)
    base = shop.backed_up(folder / "base")
    shop.load.goes_on(40)
    return shop.verify(base, sealed, shop.archived(base, folder / "archive"))


def _replayed_past_the_seal(shop: Shop, folder: Path, _: int) -> Verified:
    base = shop.backed_up(folder / "base")
    with shop.load.resting():
        sealed = shop.seal(How.QUIESCED)
    shop.load.goes_on(40)
    return shop.verify(base, sealed, shop.archived(base, folder / "archive"))


def _backed_up_later(shop: Shop, folder: Path, _: int) -> Verified:
    with shop.load.resting():
        sealed = shop.seal(How.QUIESCED)
    shop.load.goes_on(40)
    return shop.verify(shop.backed_up(folder / "base"), sealed)


def _backed_up_earlier(shop: Shop, folder: Path, _: int) -> Verified:
    base = shop.backed_up(folder / "base")
    shop.load.goes_on()
    with shop.load.resting():
        sealed = shop.seal(How.QUIESCED)
    return shop.verify(base, sealed)


def _stopped_later(shop: Shop, folder: Path, _: int) -> Verified:
    with shop.load.rows_only():
        sealed = shop.seal(How.UNDER_LOAD)
    shop.load.goes_on()
    with shop.load.resting():
        copy = _stopped(shop, folder / "data")
    return shop.verify(copy, sealed)


def _stopped(shop: Shop, to: Path) -> Path:
    stop_in_order(shop.site)
    data = shop.site.data
    assert data is not None
    shutil.copytree(str(data), to)
    shop.site.start(data, {"fsync": "off", **ARCHIVING})
    return to


Way = Callable[[Shop, Path, int], Verified]
PROVABLE: tuple[Way, ...] = (_dumped, _replayed_to_the_seal, _backed_up_at_rest, _stopped_at_rest)
DOUBTFUL: tuple[Way, ...] = (
    *(_replayed_further, _replayed_past_the_seal, _backed_up_later, _backed_up_earlier, _stopped_later),
)
_WAYS = (*PROVABLE, *DOUBTFUL)


@pytest.mark.soak
@pytest.mark.parametrize("number", range(COPIES))
def test_a_sound_copy_is_never_missed(number: int, shop: Shop, tmp_path: Path) -> None:
    """And met where it is of the moment of its seal."""
    way = _WAYS[number % len(_WAYS)]
    shop.load.goes_on(30)
    verified = way(shop, tmp_path, number)
    shutil.rmtree(tmp_path)
    told = [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is Verdict.MISSED]
    assert told == [], way.__name__
    if way in PROVABLE:
        doubted = [(f.register, f.check, f.actual) for f in verified.findings if f.verdict is not Verdict.MET]
        assert doubted == [], way.__name__
    assert verified.exit_code == (0 if verified.verdict is Verdict.MET else 3)
