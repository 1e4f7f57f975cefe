"""Where the time between the strike and the end went, for one register."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from drill.timeline import Event, Pause, pauses

NAMES = (
    *("detect", "declare", "fence", "queue", "fetch", "restore"),
    *("replay", "promote", "verify", "redirect", "settle"),
)
_WATCHED = {"detected": "declare", "false alarm": "detect"}
_STARTS = {
    **{**_WATCHED, "discovered": "declare", "declared": "fence"},
    **{"fenced": "queue", "no fence": "queue"},
}


@dataclass(frozen=True, slots=True)
class Phase:
    name: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Mark:
    """From this second on the drill's clock the register is in that phase."""

    at: float
    name: str


def summed(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Seconds by name; a phase that came again, as the queue does, is all of its times together."""
    spent: dict[str, float] = {}
    for name, seconds in parts:
        spent[name] = spent.get(name, 0.0) + seconds
    return spent


def micros(seconds: float) -> float:
    """Rounded to microseconds, so that parts which are rounded alike still sum to their whole."""
    return round(seconds, 6)


@dataclass(frozen=True, slots=True)
class Span:
    """From the strike to an end, in seconds on the drill's clock, with the pauses that are taken out of it."""

    struck: float
    end: float
    pauses: tuple[Pause, ...] = ()

    def worked(self, instant: float) -> float:
        """Seconds from the strike to an instant, without the pauses; rounded."""
        return (self._since(instant) - self._paused(instant)) / 1e6

    @property
    def paused(self) -> float:
        """Seconds that are taken out."""
        return self._paused(self.end) / 1e6

    def _since(self, instant: float) -> int:
        """In whole microseconds, of which sums and differences are exact."""
        return round(micros(instant - self.struck) * 1e6)

    def _paused(self, until: float) -> int:
        bounds = ((self._since(pause.began), self._since(min(pause.ended, until))) for pause in self.pauses)
        return sum(max(0, ended - max(0, began)) for began, ended in bounds)


def span_of(events: Iterable[Event], struck: float, end: float) -> Span:
    """With the pauses that were over by the end; one in which the end came did not hold it up, and is not taken out."""
    return Span(struck, end, tuple(pause for pause in pauses(events) if pause.ended <= end))


def phases(
    events: Sequence[Event], register: str, struck: float, end: float, served: float | None = None
) -> tuple[Phase, ...]:
    """A partition of [struck, end] without its pauses, in the order in which the phases came; one may come twice.

    Citizens who are served before the gate has begun leave the register queueing for its gate.
    """
    span = span_of(events, struck, end)
    marks = [m for m in (*_marks(events, register), *_early(events, register, served)) if struck <= m.at < end]
    bounds = [Mark(struck, "detect"), *sorted(marks, key=lambda m: m.at), Mark(end, "")]
    parts: list[Phase] = []
    for here, there in pairwise(bounds):
        seconds = micros(span.worked(there.at) - span.worked(here.at))
        if seconds and parts and parts[-1].name == here.name:
            parts[-1] = Phase(here.name, micros(parts[-1].seconds + seconds))
        elif seconds:
            parts.append(Phase(here.name, seconds))
    return tuple(parts)


def _early(events: Iterable[Event], register: str, served: float | None) -> Iterator[Mark]:
    began = next((e.elapsed for e in events if e.what == "gate began" and e.facts.get("register") == register), None)
    if served is not None and began is not None and served < began:
        yield Mark(served, "queue")


def _marks(events: Iterable[Event], register: str) -> Iterator[Mark]:
    """What each event begins for this register. The gate may run before or after the citizens are redirected.

    Once a person knows of the outage it is no matter what the watch sees: also that home fails when it is fenced.
    """
    verifying = redirected = known = False
    for event in events:
        if event.facts.get("register") not in (None, register) or (known and event.what in _WATCHED):
            continue
        known = known or event.what in ("discovered", "declared")
        match event.what:
            case "phase":
                yield Mark(event.elapsed, str(event.facts["name"]))
            case "came back" if not (verifying or redirected):
                yield Mark(event.elapsed, "queue")  # for its gate: promoted or restored it is
            case "gate began":
                verifying = True
                yield Mark(event.elapsed, "verify")
            case "accepted" | "refused" | "undecided":
                verifying = False
                yield Mark(event.elapsed, "settle" if redirected else "redirect")
            case "redirected":
                redirected = True
                if not verifying:
                    yield Mark(event.elapsed, "settle")
            case what if what in _STARTS:
                yield Mark(event.elapsed, _STARTS[what])
