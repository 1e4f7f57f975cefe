"""Which hosts a drill stands on: as told, or the best that this machine has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from drill.errors import CannotRun
from drill.hosts import Premises, binaries
from drill.hosts.process import ProcessPremises


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command line says of hosts."""

    on: str = "auto"  # auto | embedded | docker
    pg_bin: Path | None = None
    image: str | None = None
    oldest: int = binaries.OLDEST  # major version that serves


def choose(wish: Wish, say: Callable[[str], None] = lambda _: None) -> Premises:
    """The premises, with the reason for them; CannotRun when they are not to be had. `say` hears of delays."""
    if wish.on == "embedded":
        return _embedded(wish, "asked for")
    if wish.on == "docker":
        return _docker(wish, "asked for", say)
    if wish.pg_bin is not None:
        return _embedded(wish, "auto: --pg-bin names programs of this machine")
    try:
        return _docker(wish, "auto: a local Docker engine answers", say)
    except CannotRun as absent:
        return _embedded(wish, f"auto: Docker cannot be used ({absent})")


def _embedded(wish: Wish, why: str) -> Premises:
    found = binaries.find(wish.pg_bin, oldest=wish.oldest)
    return ProcessPremises(found, f"{why}; programs of {found.source}")


def _docker(wish: Wish, why: str, say: Callable[[str], None]) -> Premises:
    from drill.hosts import container  # heavy: docker and testcontainers

    return container.choose(wish.image, why=why, say=say, oldest=wish.oldest)
