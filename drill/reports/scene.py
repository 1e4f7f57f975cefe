"""What is known of a drill at this moment, from its events and from what citizens tell: for whoever watches it."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from drill.ledger import PROMISED, Entry, Errand, Outcome
from drill.link import spoken_rate
from drill.measures import restored_at
from drill.objectives import spoken
from drill.phases import span_of
from drill.reports.progress import line_of
from drill.timeline import Event

if TYPE_CHECKING:
    from drill.result import Judged

ACTS = ("prepare", "calm", "outage", "notice", "recovery", "homecoming", "survey")
_RATE_OVER = 1.0  # seconds
_LINES = 50  # of what happened last
_BEFALLEN = {  # what home is once an outage of that kind is proven
    "power_loss": "dead",
    "site_destroyed": "destroyed",
    "freeze": "frozen",
    "network_cut": "cut off",
    "wipe": "damaged",
    "operator_drop": "damaged",
}
_HOME = {
    "sealed": "filled and sealed",
    "given back": "given back",
    "home is back": "alive again",
    "stays off": "stays off",
}
_SILENT = {"power_loss", "site_destroyed", "network_cut"}  # outages in which the cable carries nothing any more


@dataclass
class Place:
    """One site, as the citizens and the events tell of it."""

    state: str = "not up yet"
    fenced: str = ""
    copies: list[str] = field(default_factory=list)
    acked: int = 0
    recent: deque[float] = field(default_factory=deque)  # when the last were acknowledged

    def rate(self, now: float) -> float:
        """Acknowledgements a second, over the last seconds before `now`."""
        while self.recent and self.recent[0] < now - _RATE_OVER:
            self.recent.popleft()
        return len(self.recent) / _RATE_OVER


@dataclass
class Shown:
    """One register."""

    rto: float
    lost: bool  # whether the outage takes it
    state: str = "at home"
    let_in: bool = False
    accepted: float | None = None
    redirected: float | None = None
    recovered_after: float | None = None  # seconds from the strike, as the report will tell
    acked: Counter[str] = field(default_factory=Counter)  # by site
    failed: int = 0
    in_doubt: int = 0
    at_embassy: list[Entry] = field(default_factory=list)
    gone: int | None = None  # lost transactions: known after the survey


class Scene:
    """Is told everything in order, by one thread, and asked by the same; instants are seconds on the drill's clock."""

    def __init__(self) -> None:
        self.title = ""
        self.run = ""
        self.act = ""
        self.waiting = ""  # before this act
        self.over: set[str] = set()
        self.places = {"home": Place(), "embassy": Place()}
        self.cable = "not laid yet"
        self.far = ""  # how the scenario shapes the cable
        self._lags: dict[str, int] = {}  # bytes, by copy
        self.registers: dict[str, Shown] = {}
        self.struck: float | None = None
        self.stopped: float | None = None  # when the clock against the RTO stopped
        self.judged = False
        self.lines: deque[str] = deque(maxlen=_LINES)
        self._events: list[Event] = []
        self._stable_for = 0.0

    def event(self, event: Event) -> None:
        """What was recorded."""
        self._events.append(event)
        if (line := line_of(event)) is not None:
            self.lines.append(line)
        self._played(event)
        self._befell(event)
        if event.facts.get("register") in self.registers:
            self._of_register(event, self.registers[event.facts["register"]])

    def entry(self, entry: Entry) -> None:
        """A try of a citizen."""
        if entry.errand is not Errand.WORK or (register := self.registers.get(entry.register)) is None:
            return
        place = self.places[entry.site]
        if entry.outcome in PROMISED:
            place.acked += 1
            place.recent.append(entry.ended)
            register.acked[entry.site] += 1
            if entry.site == "home" and self.struck is None:
                place.state = "serving"
        register.failed += entry.outcome is Outcome.FAILED
        register.in_doubt += entry.outcome is Outcome.IN_DOUBT
        if entry.site == "embassy" and register.recovered_after is None:
            register.at_embassy.append(entry)

    def outcome(self, run: Judged) -> None:
        """What came out."""
        self.judged = True
        for name, figures in run.figures.items():
            if name in self.registers:
                self.registers[name].gone = figures.lost

    @property
    def lost(self) -> Mapping[str, Shown]:
        """The registers that the outage takes."""
        return {name: register for name, register in self.registers.items() if register.lost}

    @property
    def lag(self) -> int | None:
        """Bytes by which the copy that is furthest behind is behind home; None while that cannot be said."""
        return max(self._lags.values(), default=None) if self.cable == "carrying" else None

    @property
    def tightest(self) -> tuple[str, float] | None:
        """The lost register with the shortest RTO."""
        times = [(register.rto, name) for name, register in self.lost.items()]
        return (min(times)[1], min(times)[0]) if times else None

    def since_strike(self, now: float) -> float | None:
        """Seconds that count against the RTO; None before the strike."""
        if self.struck is None:
            return None
        end = now if self.stopped is None else self.stopped
        return span_of(self._events, self.struck, end).worked(end)

    @property
    def slowest(self) -> float | None:
        """Seconds from the strike until the last lost register was recovered; None while one is not."""
        times = [register.recovered_after for register in self.lost.values()]
        return max((t for t in times if t is not None), default=None) if None not in times else None

    def _played(self, event: Event) -> None:
        """How far the drill is."""
        facts = event.facts
        match event.what:
            case "began":
                self._begin(facts)
            case "paused":
                self.act, self.waiting = "", str(facts["before"])
            case "act began":
                self.act, self.waiting = str(facts["act"]), ""
                self._take_up(self.act, event.elapsed)
            case "act ended":
                self.over.add(str(facts["act"]))
            case "ended" | "broke" | "interrupted":
                self.act = ""
            case "failed" if facts.get("register") is None:
                for register in self.lost.values():
                    register.state = "failed" if register.state != "served" else register.state

    def _begin(self, facts: Mapping[str, Any]) -> None:
        self.title = str(facts.get("scenario", ""))
        self.run = f"{facts.get('host', '')} · PostgreSQL {facts.get('postgres', '')} · {facts.get('run_id', '')}"
        lost, promised = set(facts.get("lost", ())), facts.get("objectives", {})
        self.registers = {name: Shown(float(promised[name]["rto"]), name in lost) for name in facts["registers"]}
        self._stable_for = float(facts.get("stable_for", 0.0))
        link = facts.get("link") or {}
        rtt, rate = link.get("rtt_s"), link.get("bandwidth_bit_s")
        self.far = " · ".join([*([spoken(rtt)] if rtt else []), *([spoken_rate(rate)] if rate else [])])

    def _take_up(self, act: str, at: float) -> None:
        home, embassy = self.places["home"], self.places["embassy"]
        if act == "prepare":
            home.state, embassy.state = "starting", "starting"
        elif act == "recovery":
            embassy.state = "recovering"
        elif act == "homecoming" and self.stopped is None:
            self.stopped = at

    def _befell(self, event: Event) -> None:
        """What becomes of the sites and of the cable."""
        home, embassy, facts = self.places["home"], self.places["embassy"], event.facts
        match event.what:
            case what if what in _HOME:
                home.state = home.state if home.state == "damaged" else _HOME[what]  # alive, and no less so
            case "established":
                embassy.state, self.cable = "keeps the copy", "carrying"
                embassy.copies.append(str(facts.get("copy")))
            case "lag":
                self._lags[str(facts.get("copy"))] = int(facts["bytes"])
            case "struck":
                self._strike(event)
            case "outage proven":
                home.state = _BEFALLEN.get(str(facts.get("kind")), "struck")
            case "fenced":
                home.fenced = f"fenced: {facts.get('by')}"
                self.cable = self.cable if facts.get("at") == "database" else "silent"
            case "redirected":
                embassy.state = "serving"

    def _strike(self, event: Event) -> None:
        kind = str(event.facts.get("kind"))
        self.struck = event.elapsed
        self._lags.clear()
        self.places["home"].state = "struck"
        self.cable = "silent" if kind in _SILENT else self.cable
        for register in self.lost.values():
            register.state = "lost"

    def _of_register(self, event: Event, register: Shown) -> None:
        match event.what:
            case "came back" | "accepted" | "refused" | "failed":
                register.state = event.what
                register.accepted = event.elapsed if event.what == "accepted" else register.accepted
            case "gate began":
                register.state = "in the gate"
            case "redirected":
                register.let_in = True
                register.state = "let in" if register.state == "came back" else register.state
                register.redirected = float(event.facts.get("since", event.elapsed))
            case "served":
                register.state = "served"
                register.recovered_after = self._recovered_after(register)
                if all(each.state == "served" for each in self.lost.values()):
                    self.stopped = event.elapsed

    def _recovered_after(self, register: Shown) -> float | None:
        if register.redirected is None or register.accepted is None or self.struck is None:
            return None
        restored = restored_at(register.at_embassy, register.redirected, self._stable_for)
        if restored is None:
            return None
        end = max(restored, register.accepted)
        return span_of(self._events, self.struck, end).worked(end)

    def newest(self, count: int) -> Iterator[str]:
        """The last lines of what happened, oldest first."""
        yield from list(self.lines)[-count:] if count > 0 else []
