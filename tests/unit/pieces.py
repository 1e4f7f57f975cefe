"""A drill whose every part only writes down what it is asked, and breaks where it is told to."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from drill.errors import StepFailed
from drill.evidence import Holdings, Seal
from drill.objectives import Objectives
from drill.parts import Drill, HomeTries, Lost, Serve
from drill.timeline import Timeline


class StoppedClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.t = 0.0

    def now(self) -> None: ...

    def elapsed(self) -> float:
        return self.t

    def stepped(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None:
        self.t += seconds


class Pieces:
    """Every part of a drill in one: writes down what it is asked, and breaks where it is told to."""

    name = "embassy"
    takes: Lost = None
    source = "standby"
    per_second = 20.0
    timeout = 1.0
    stable_for = 2.0

    def __init__(self, breaks: str = "") -> None:
        self.asked: list[str] = []
        self.breaks = breaks
        self.kept: Mapping[str, Holdings] | None = None
        self.lost: list[Lost] = []  # as the response and the stale citizens were told
        self.places: Mapping[str, Any] = {}  # as registers were compared

    def _ask(self, what: str) -> None:
        self.asked.append(what)
        if what == self.breaks:
            raise StepFailed(f"{what} broke", hint="look at its log")

    @contextmanager
    def _undone(self, what: str) -> Iterator["Pieces"]:
        self._ask(what)
        try:
            yield self
        finally:
            self.asked.append(f"undo {what}")

    def open(self) -> Any:
        return self._undone("open")

    def keep(self, *_: Any) -> Any:
        return self._undone("keep")

    def at_work(self, *_: Any) -> Any:
        return self._undone("at work")

    def watch(self, *_: Any) -> Any:
        return self._undone("watch")

    def wait_until_calm(self, *_: Any) -> None:
        self._ask("calm")

    @contextmanager
    def strike(self, _: Any, timeline: Timeline) -> Iterator[Callable[[], str]]:
        timeline.record("outage", "struck")
        with self._undone("strike"):
            yield self._prove

    kind = "power_loss"

    def _prove(self) -> str:
        self._ask("prove")
        return "seen"

    def found(self, *_: Any) -> None:
        self._ask("found")

    def fence(self, home: Any, lost: Lost, *_: Any) -> None:
        self.lost.append(lost)
        self._ask("fence")

    def prove_fence(self, home: Any, lost: Lost, *_: Any) -> None:
        self.lost.append(lost)
        self._ask("prove fence")

    def fill(self, *_: Any) -> None:
        self._ask("fill")

    def seal(self, *_: Any) -> Seal:
        self._ask("seal")
        return Seal({})

    def size(self, *_: Any) -> int:
        return 8_000_000

    def notice(self, *_: Any) -> None:
        self._ask("notice")

    def bring_up(self, *_: Any) -> Iterator[str]:
        self._ask("bring up")
        yield "land"

    def accept(self, *_: Any) -> bool:
        self._ask("accept")
        return True

    def redirect(self, *_: Any) -> float:
        self._ask("redirect")
        return 0.0

    def wait_until_served(self, *_: Any) -> tuple[str, ...]:
        self._ask("served")
        return ()

    def holdings(self, *_: Any) -> Holdings:
        self._ask("holdings")
        return Holdings("embassy", {}, ())

    def thorough(self, *given: Any) -> Holdings:
        return self.holdings(*given)

    def strangers(self, places: Mapping[str, Any]) -> dict[str, dict[str, int]]:
        self._ask("strangers")
        self.places = places
        return {"land": {"title.owner_code": 0}}

    def try_home_again(self, lost: Lost) -> HomeTries:
        self.lost.append(lost)
        return HomeTries((), ())

    def go_home(self) -> tuple[()]:
        self._ask("go home")
        return ()

    def entry(self, *_: Any) -> None: ...

    def sealed(self, *_: Any) -> None:
        self._ask("keep the seals")

    def complete(self, holdings: Mapping[str, Holdings]) -> None:
        self._ask("keep the evidence")
        self.kept = holdings


def drill(pieces: Pieces, serve: Serve = Serve.AFTER_GATE) -> Drill:
    part: Any = pieces
    return Drill(
        name="x",
        home=part,
        embassy=part,
        people=100,
        seed=1,
        registers={"land": part},
        objectives={"land": Objectives.model_construct(rto=30.0, rpo=5.0)},
        copies={"standby": part},
        citizens=part,
        calm=5,
        outage=part,
        response=part,
        recovery=part,
        gate=part,
        survey=part,
        serve=serve,
        expected={},
        manners={},
    )
