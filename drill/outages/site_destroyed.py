"""Home burns down: everything on it is killed and its disk is erased. There is nothing to come home to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site


class SiteDestroyed(BaseModel, frozen=True, extra="forbid"):
    """SIGKILL to all of home, then its disk removed with no descriptor left open."""

    kind: Literal["site_destroyed"]

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[None]:
        """Destroyed; nothing of it can be given back."""
        timeline.record("outage", "struck", kind=self.kind)
        home.lose_power()
        home.lose_disk()
        yield
        timeline.record("outage", "nothing to give back", kind=self.kind)

    def prove(self, home: Site) -> str:
        """Nothing runs, nobody answers, and nothing is left of the disk."""
        return f"{home.proof_of_death(deadline=10)}; {home.proof_of_no_disk(deadline=10)}"
