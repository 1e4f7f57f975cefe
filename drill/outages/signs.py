"""What shows that an outage took effect, looked at where it must be seen; each says StepFailed when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drill.clock import wait_until
from drill.errors import StepFailed

if TYPE_CHECKING:
    from drill.sites.callers import Callers
    from drill.sites.site import Site

PATIENCE = 10.0  # seconds until an outage must have taken effect
_KNOCK = 0.5  # seconds that a dead site is given to answer
_LOOKS = 20  # at whether anybody was answered; each is one of its own, since a machine that stalls may spoil one
_LOOK = 0.05  # seconds, each


def of_death(home: Site, *, deadline: float = PATIENCE) -> str:
    """Nothing runs there and nobody answers."""

    def nothing_runs() -> bool:
        if alive := home.host.running():
            raise StepFailed(f"still running: {', '.join(alive)}", hint="")
        return True

    wait_until(f"{home.name} is dead", nothing_runs, deadline=deadline, hint="the outage did not strike")
    if home.listened is not None and home.listened.answers(_KNOCK):
        raise StepFailed(f"{home.name} is dead, yet somebody answers for it", hint="who is it that listens there?")
    return f"no process of {home.name} is left, and nobody answers where it listened"


def of_freeze(home: Site, callers: Callers) -> str:
    """It is alive and does nothing: all that runs there stands still, and nobody is answered."""
    _stands_still(home)
    nobody = _nobody_is_answered(callers)
    _stands_still(home)
    return f"all {len(home.host.running())} processes of {home.name} stand still; {nobody}"


def of_cut(home: Site, callers: Callers) -> str:
    """It is alive and takes writes, yet nobody is answered, and nothing passes any line to it."""
    if not home.is_writable():
        raise StepFailed(f"{home.name} takes no writes at its console", hint="it is more than cut off")
    before = _carried(home)
    nobody = _nobody_is_answered(callers)
    if (after := _carried(home)) != before:
        raise StepFailed(f"{after - before} bytes have passed the cable to {home.name}", hint="it is not cut")
    return f"{home.name} takes writes at its console; {nobody}, and not a byte passed the cable"


def of_return(home: Site) -> str:
    """Home goes on: what runs there, and which lines to it a fence keeps silent all the same."""
    runs = list(home.host.running())
    if not runs or home.host.is_frozen():
        raise StepFailed(f"{home.name} is not back: {', '.join(runs) or 'nothing runs there'}", hint="see its log")
    silent = home.cable.silent(home.name)
    lines = f"{', '.join(silent)} stay silent" if silent else "every line to it carries"
    return f"{len(runs)} processes of {home.name} go on; {lines}"


def as_it_stands(home: Site) -> str:
    """How a home stands to which nothing is given back."""
    if home.barred:
        return of_death(home)
    works = "takes writes" if home.is_writable() else "takes no writes"
    return f"{len(list(home.host.running()))} processes run at {home.name}, and it {works} at its console"


def _stands_still(home: Site) -> None:
    if not home.host.is_frozen():
        raise StepFailed(f"{home.name} is not frozen as a whole", hint=f"there are {', '.join(home.host.running())}")


def _nobody_is_answered(callers: Callers) -> str:
    callers.site.cable.count(f"citizens-{callers.site.name}")  # silence on a cable that is not there proves nothing
    with callers.asking() as who:
        for _ in range(_LOOKS):
            if answered := who(_LOOK):
                raise StepFailed(f"{callers.site.name} answers {answered}", hint="the outage did not strike as a whole")
    return f"for {_LOOKS * _LOOK:g} s neither an open session nor a new caller was answered"


def _carried(home: Site) -> int:
    """Bytes that have passed the lines to it, both ways."""
    lines = [line for line in home.cable.lines if line.endswith(f"-{home.name}")]
    return sum(home.cable.count(line)["carried"] for line in lines)


def of_no_disk(home: Site, *, deadline: float = PATIENCE) -> str:
    """Its disk is gone."""
    hint = "the disk was not destroyed"
    wait_until(f"{home.name}'s disk is erased", home.host.disk_is_gone, deadline=deadline, hint=hint)
    return f"nothing is left of {home.name}'s disk"
