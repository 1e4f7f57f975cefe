"""One playing of a scenario: premises, cable and sites are made for it, its evidence is kept, its result judged."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

import psycopg

import drill
from drill.clock import Clock
from drill.dumpfile import DumpFile
from drill.errors import CannotRun, DrillError, OutOfTime, failure
from drill.evidence import SCHEMA_VERSION, Holdings, Seal
from drill.folder import Folder, LedgerFile
from drill.head import Head
from drill.hosts import Premises, mark
from drill.hosts.cable import Cable
from drill.hosts.fingerprint import fingerprint
from drill.hosts.limits import free_memory
from drill.judge import judged
from drill.ledger import Entry
from drill.parts import Drill
from drill.reports.json import run_document
from drill.result import Judged
from drill.run import run_drill
from drill.scenario import Scenario
from drill.scenario.plan import estimated_disk, estimated_memory
from drill.signature import Signer
from drill.sites.discretion import of_error
from drill.sites.doors import forget_other_servers
from drill.sites.keys import Keys
from drill.sites.site import Site
from drill.timeline import Event, Timeline


class Onlooker(Protocol):
    """Somebody who watches a drill while it is played. Is told in any thread; takes no time, and never raises."""

    def event(self, event: Event) -> None:
        """What was recorded."""
        ...

    def entry(self, entry: Entry) -> None:
        """A try of a citizen, as it ended."""
        ...

    def judged(self, run: Judged) -> None:
        """What came out, while both sites still stand."""
        ...


@dataclass(frozen=True)
class Rehearsal:
    """What is to be played, where, and where its evidence goes."""

    scenario: Scenario
    file: Path
    text: str  # what stood in the file when it was read: it may be another by the time of the last repeat
    premises: Premises
    runs: Path
    onlookers: Sequence[Onlooker] = ()
    pause: Callable[[str, Drill, str], None] | None = None  # given run id, drill and act before each act; may wait
    linger: Callable[[str, Drill], None] | None = None  # given run id and drill while both sites still stand
    beside: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None  # facts of earlier runs like this one
    signer: Signer | None = None  # who vouches for the evidence
    meta: bytes | None = None  # what people tell of it, kept for reports

    def begin(self) -> Head:
        """Open its evidence, once there is room for it. Nothing is started."""
        self._find_room()
        forget_other_servers()
        head = Head.opened(self.runs, mark.new_run_id(), self.text, self.signer)
        if self.meta is not None:
            head.folder.write_meta(self.meta)
        return head

    def play(self, tell: Callable[[Judged], None], begun: Head | None = None) -> None:
        """Play it, tell how it is judged, and close its evidence; what breaks is judged too, by what it left."""
        head = begun or self.begin()
        folder = head.folder
        try:
            with ExitStack() as stack:
                listener, ledger = stack.enter_context(folder.listener()), stack.enter_context(folder.ledger())
                timeline = Timeline(Clock(), [listener, *(each.event for each in self.onlookers)])
                with _told(timeline), _server_errors_told(folder, self.premises):
                    self._play(folder.path.name, timeline, Kept(folder, ledger, self.onlookers))
        except BaseException:
            with suppress(DrillError):  # what broke before it began left nothing to judge
                tell(_judged(folder))
            with suppress(DrillError):  # no head: the evidence stays unfinished, which is what its verifying says
                head.close()
            raise
        tell(_judged(folder))
        head.close()

    def _play(self, run_id: str, timeline: Timeline, kept: Kept) -> None:
        with ExitStack() as stack:
            hosts = stack.enter_context(self.premises.hosts(run_id))
            cable, keys = stack.enter_context(Cable.laid(run_id, self.scenario.link)), Keys()
            own = self.scenario.home is not None
            home, embassy = (Site(host.name, host, cable, keys, kept.save_log, discreet=own) for host in hosts)
            drill = self.scenario.at(home, embassy)
            if self.linger is not None:
                kept.linger = partial(self.linger, run_id, drill)
            if self.pause is not None:
                timeline.pause = partial(self.pause, run_id, drill)
            facts = self._facts(run_id, drill)
            timeline.record("drill", "began", **facts, **(self.beside(facts) if self.beside else {}))
            run_drill(drill, timeline, kept)

    def _find_room(self) -> None:
        memory, there = estimated_memory(self.scenario), free_memory()
        if there is not None and there < memory:
            raise CannotRun(
                f"{there / 1e9:.1f} GB of memory are left, and this drill needs about {memory / 1e9:.1f} GB",
                hint="end something else on this machine, or drill with fewer citizens",
            )
        needed, (free, where) = estimated_disk(self.scenario), self.premises.room()
        if free < needed:
            raise CannotRun(
                f"{where} has {free / 1e9:.1f} GB free, and this drill needs about {needed / 1e9:.1f} GB",
                hint="make room, drill with fewer --people, or set DRILL_WORK to a larger disk",
            )

    def _facts(self, run_id: str, planned: Drill) -> dict[str, Any]:
        """What was asked for and what it runs on: with these the evidence can be judged without the scenario."""
        return {
            "schema_version": SCHEMA_VERSION,
            "run_id": run_id,
            "scenario": planned.name,
            "file": self.file.name,
            "scenario_sha256": sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest(),
            "host": self.premises.kind,
            "why": self.premises.why,
            "apart": self.premises.apart,
            "postgres": self.premises.postgres,
            "drill_version": drill.__version__,
            "python": platform.python_version(),
            "machine": f"{platform.system()} {platform.release()} {platform.machine()}, {os.cpu_count()} cores",
            "fingerprint": fingerprint(),
            "ran_by": _user(),
            "people": planned.people,
            "seed": planned.seed,
            "registers": list(planned.registers),
            "lost": sorted(planned.lost),
            "objectives": {name: o.model_dump() for name, o in planned.objectives.items()},
            "overridden": list(self.scenario.overridden),
            "expected": {c: r if isinstance(r, str) else sorted(r) for c, r in planned.expected.items()},
            "manners": {check: asdict(manner) for check, manner in planned.manners.items()},
            "serve": str(planned.serve),
            "stable_for": planned.citizens.stable_for,
            "outage": planned.outage.kind,
            "recovery": planned.recovery.kind,
            "copy": planned.recovery.source,
            "link": None if self.scenario.link is None else self.scenario.link.facts,
            "own_data": None if self.scenario.home is None else _identity(self.scenario.home.dump),
        }


def _user() -> str:
    """Who plays it, as this machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a number without a name
        return str(os.getuid())


@dataclass
class Kept:
    """The evidence of one run on its way into its folder."""

    folder: Folder
    ledger: LedgerFile
    onlookers: Sequence[Onlooker] = ()
    linger: Callable[[], None] | None = None

    def entry(self, entry: Entry) -> None:
        """Into the ledger."""
        self.ledger.add(entry)
        for each in self.onlookers:
            each.entry(entry)

    def sealed(self, seals: Mapping[str, Seal]) -> None:
        """Into seals.json."""
        self.folder.write_seals(seals)

    def complete(self, holdings: Mapping[str, Holdings]) -> None:
        """Into holdings.json; the result is there before the undoing begins."""
        self.folder.write_holdings(holdings)
        run = _judged(self.folder)
        for each in self.onlookers:
            each.judged(run)
        if self.linger is not None:
            self.linger()

    def save_log(self, site: str, text: str) -> None:
        """A server's log, into logs/."""
        with suppress(OSError):  # no room for it: the undoing goes on, and the events tell why
            (self.folder.logs / f"{site}.log").write_text(text, encoding="utf-8")


def _identity(dump: DumpFile) -> dict[str, Any]:
    """By what somebody can tell later which dump it was; nothing of what is in it."""
    return {"file": dump.path.name, "form": str(dump.form), "bytes": dump.size, "sha256": dump.fingerprint()}


def _judged(folder: Folder) -> Judged:
    """The verdict over what lies on disk; it is put beside it."""
    result = judged(folder.read())
    folder.write_result(run_document(result))
    return result


@contextmanager
def _server_errors_told(folder: Folder, premises: Premises) -> Iterator[None]:
    """A server that fails where no step foresaw it (full disk, no memory, killed) is no bug of this program."""
    try:
        yield
    except psycopg.OperationalError as broken:
        said = " ".join(of_error(broken).split())
        disk = premises.room()[1]
        raise failure(f"a server failed: {said}", hint=f"its log is in {folder.logs}", disk=disk) from broken


@contextmanager
def _told(timeline: Timeline) -> Iterator[None]:
    """Write down how the drill ended, whatever way it did."""
    try:
        yield
    except BaseException as broken:
        if isinstance(broken, KeyboardInterrupt) and not isinstance(broken, OutOfTime):
            timeline.record("drill", "interrupted")
            raise
        hint = broken.hint if isinstance(broken, DrillError | OutOfTime) else "this is a bug of drill: please report it"
        said = of_error(broken) if isinstance(broken, psycopg.Error) else str(broken)
        timeline.record("drill", "broke", reason=said or repr(broken), hint=hint)
        raise
    timeline.record("drill", "ended")
