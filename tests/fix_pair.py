"""Home, founded and running, with an embassy beside it and the cable between: fresh for whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest

from drill.citizens.counter import Counter, Login, OutOfPatience, Refused
from drill.clock import Clock
from drill.hosts import Premises
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.sites.keys import Keys
from drill.sites.site import WATCH, Site
from drill.timeline import Timeline

PATIENCE = 1.5  # seconds after which no answer is none

HOSTS = [pytest.param("embedded"), pytest.param("docker", marks=pytest.mark.docker)]


@dataclass(frozen=True)
class Pair:
    """Both sites of one run, and the timeline of what is done to them."""

    home: Site
    embassy: Site
    cable: Cable
    timeline: Timeline = field(default_factory=lambda: Timeline(Clock()))

    def told(self, who: str) -> list[str]:
        """What that one has recorded, in order."""
        return [event.what for event in self.timeline.events if event.who == who]

    def sever(self, line: str) -> None:
        """Cut one line for good: its far end sees it end, its caller hears nothing any more."""
        self.cable._ask("darken", line=line, why="a digger", sever=True)

    def home_answers(self) -> bool:
        """Whether somebody who comes the citizens' way is answered by home."""
        key = self.home.keys.password(WATCH)
        login = Login(self.home.reached_from("citizens"), "postgres", WATCH, key)
        return asyncio.run(_answered(login))


async def _answered(login: Login) -> bool:
    deadline = asyncio.get_running_loop().time() + PATIENCE
    try:
        counter = await Counter.call(login, deadline)
    except (Refused, OutOfPatience):
        return False
    try:
        return (await counter.ask("select 1", deadline=deadline)).rows == (("1",),)
    except (Refused, OutOfPatience):
        return False
    finally:
        counter.hang_up()


@contextmanager
def standing(premises: Premises) -> Iterator[Pair]:
    """Everything of it is undone at the end."""
    run_id = new_run_id()
    with ExitStack() as stack:
        hosts = stack.enter_context(premises.hosts(run_id))
        cable, keys = stack.enter_context(Cable.laid(run_id)), Keys()
        home, embassy = (Site(host.name, host, cable, keys, lambda *_: None) for host in hosts)
        for site in (home, embassy):
            stack.enter_context(site.open())
        home.found(embassy)
        yield Pair(home, embassy, cable)


@pytest.fixture(params=HOSTS)
def pair(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """On each kind of host."""
    with standing(request.getfixturevalue(f"{request.param}_premises")) as pair:
        yield pair
