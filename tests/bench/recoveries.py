"""Each recovery, from its beginning to the first row written, beside the bare commands on the same copy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from drill.clock import wait_until
from drill.copies.archive import Archive
from drill.copies.dump import Dump
from drill.copies.streaming import Streaming
from drill.errors import StepFailed
from drill.parts import Copy, KeptCopy, Recovery
from drill.recoveries.promote import Promote
from drill.recoveries.replay import Replay
from drill.recoveries.restore import Restore
from drill.sites.courier import authorise, locally
from drill.sites.settings import SETTINGS
from drill.sites.site import OFFICER, Site
from tests.bench.ground import Ground
from tests.bench.stopwatch import Act, Figure, in_turns, quiet, seconds

ROW = "insert into drill.receipt values (0, 0, 'bench', 0, 0, 0)"
_DAY = 86400.0


@dataclass(frozen=True)
class Copies:
    """What the embassy holds once home is lost; its own standby is stopped and can be put back as it was."""

    ground: Ground
    kept: Mapping[str, KeptCopy]
    standby: PurePosixPath

    @property
    def saved(self) -> PurePosixPath:
        return self.standby.with_name("standby.saved")

    def folder(self, name: str) -> PurePosixPath:
        """Where a copy lies."""
        return PurePosixPath(self.kept[name].versions()[-1].location)


@contextmanager
def copied(ground: Ground) -> Iterator[Copies]:
    """All three kinds of one home, which then is lost."""
    made: list[Copy] = [
        Archive(kind="archive", name="archive"),
        Dump.model_validate({"kind": "dump", "name": "dump", "every": "1d", "kept": 1, "jobs": 2}),
        Streaming(kind="streaming", name="standby"),
    ]
    embassy = ground.embassy
    with ExitStack() as stack:
        kept: dict[str, KeptCopy] = {}
        for copy in made:
            kept[copy.name] = stack.enter_context(copy.keep(ground.home, embassy, ground.seals, ground.timeline()))
        write(ground.home, ground.registers[0])
        assert embassy.data is not None
        standby = embassy.data
        wait_until("the standby has it", lambda: _has_row(embassy, ground.registers[0]), deadline=60, hint="")
        ground.home.lose_power()
        embassy.stop()
        copies = Copies(ground, kept, standby)
        embassy.host.run(["cp", "-a", str(standby), str(copies.saved)], deadline=_DAY)
        yield copies


def _has_row(site: Site, register: str) -> bool:
    return site.ask("select count(*) > 0 from drill.receipt", database=register) == [(True,)]


def write(site: Site, register: str) -> None:
    """One row, over a new connection, as a person with psql would."""
    argv = [site.program("psql"), "-X", "-q", "-v", "ON_ERROR_STOP=1", *locally(site), "-d", register, "-c", ROW]
    site.host.run(argv, deadline=60, env=authorise(site))


def recoveries(copies: Copies, rounds: int) -> Iterator[Figure]:
    """Every kind, in turns with its floor."""
    yield _promoting(copies, rounds)
    yield _replaying(copies, rounds)
    yield _restoring(copies, rounds)


def _timed(act: Act, embassy: Site, held: PurePosixPath) -> float:
    """From the same state: nothing runs, the copy is in the page cache, nothing waits to be written."""
    nothing_runs(embassy)
    quiet(Path(held))
    return seconds(act)


# -- promote ----------------------------------------------------------------------------------------------------------


def _promoting(copies: Copies, rounds: int) -> Figure:
    embassy = copies.ground.embassy
    promote = Promote.model_validate({"kind": "promote", "from": "standby"})

    def bare() -> None:
        embassy.host.run([embassy.program("pg_ctl"), "promote", "-D", str(copies.standby)], deadline=120)
        write(embassy, copies.ground.registers[0])

    def ours() -> float:
        _standby_again(copies)
        return seconds(lambda: _recover(promote, copies, "standby"))

    def floor() -> float:
        _standby_again(copies)
        return seconds(bare)

    return in_turns("promote / pg_ctl promote", ours, floor, rounds)


def _standby_again(copies: Copies) -> None:
    embassy, home = copies.ground.embassy, copies.ground.home
    embassy.stop()
    embassy.host.run(["rm", "-rf", str(copies.standby)], deadline=_DAY)
    embassy.host.run(["cp", "-a", str(copies.saved), str(copies.standby)], deadline=_DAY)
    embassy.start_copy_of(home, copies.standby, deadline=600)
    quiet(Path(copies.standby))


def _recover(recovery: Recovery, copies: Copies, name: str) -> None:
    """As a drill does it, to the first row in the register that came back last."""
    ground = copies.ground
    last = list(recovery.bring_up(copies.kept[name], ground.embassy, ground.registers, ground.timeline()))[-1]
    write(ground.embassy, last)


# -- replay -----------------------------------------------------------------------------------------------------------


def _replaying(copies: Copies, rounds: int) -> Figure:
    embassy, held = copies.ground.embassy, copies.folder("archive")
    replay = Replay.model_validate({"kind": "replay", "from": "archive"})

    def bare() -> None:
        bed = embassy.host.disk / "floor"
        embassy.host.run(["cp", "-a", str(held / "base"), str(bed)], deadline=_DAY)
        embassy.host.write(bed / "recovery.signal", "")
        fetch = f"cp {held}/wal/%f %p || cp {held}/wal/%f.partial %p"
        _serve(embassy, bed, {"restore_command": fetch, "recovery_init_sync_method": "syncfs"})
        _write_at_last(embassy, copies.ground.registers[0])

    target = "<= 1.25 x floor at 1.3 million people"
    figure = in_turns(
        "replay / cp -a and start",
        lambda: _timed(lambda: _recover(replay, copies, "archive"), embassy, held),
        lambda: _timed(bare, embassy, held),
        rounds,
        target=target,
    )
    nothing_runs(embassy)
    return figure


def _serve(site: Site, bed: PurePosixPath, settings: Mapping[str, str]) -> None:
    """A bare postgres on that folder, as a script would start it; not waited for."""
    argv = [site.program("postgres"), "-D", str(bed)]
    for name, setting in {**SETTINGS, **site.host.listens, **settings}.items():
        argv += ["-c", f"{name}={setting}"]
    site.host.start(argv, log=site.log)
    site.data = bed


def _write_at_last(site: Site, register: str) -> None:
    def written() -> bool:
        write(site, register)
        return True

    wait_until("the first row", written, deadline=3600, every=0.01, hint="see the server's log")


def nothing_runs(embassy: Site) -> None:
    """The server of the last round is gone, with its folder."""
    embassy.stop()
    if embassy.data is not None and embassy.data.name not in ("standby", "standby.saved"):
        embassy.host.run(["rm", "-rf", str(embassy.data)], deadline=_DAY)


# -- restore ----------------------------------------------------------------------------------------------------------


def _restoring(copies: Copies, rounds: int) -> Figure:
    embassy, held = copies.ground.embassy, copies.folder("dump")
    restore = Restore.model_validate({"kind": "restore", "from": "dump", "jobs": 2})

    def bare() -> None:
        bed = embassy.initialise("floor")
        _serve(embassy, bed, {})
        wait_until("it starts", lambda: embassy.ask("select 1") == [(1,)], deadline=60, hint="see its log")
        roles = embassy.host.read(held / "roles.sql").splitlines()
        with embassy.console() as console:
            for line in roles:
                if line.startswith(("CREATE ROLE", "ALTER ROLE", "GRANT")) and f" {OFFICER}" not in line[:18]:
                    console.execute(line.encode())
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda name: _pg_restore(embassy, held / name), copies.ground.registers))
        write(embassy, copies.ground.registers[-1])

    target = "<= 1.15 x floor at 1.3 million people"
    figure = in_turns(
        "restore / initdb and pg_restore",
        lambda: _timed(lambda: _recover(restore, copies, "dump"), embassy, held),
        lambda: _timed(bare, embassy, held),
        rounds,
        target=target,
    )
    nothing_runs(embassy)
    return figure


def _pg_restore(embassy: Site, dump: PurePosixPath) -> None:
    where = locally(embassy)
    argv = [
        embassy.program("pg_restore"),
        *where,
        "-d",
        "postgres",
        "--create",
        "--exit-on-error",
        "-j",
        "1",
        str(dump),
    ]
    try:
        embassy.host.run(argv, deadline=_DAY, env=authorise(embassy))
    except StepFailed as failed:
        raise AssertionError(f"the floor itself failed: {failed}") from failed
