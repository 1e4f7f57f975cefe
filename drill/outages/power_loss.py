"""Everything of home dies between two instructions, and stays off until the homecoming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site


class PowerLoss(BaseModel, frozen=True, extra="forbid"):
    """SIGKILL to all of home at once and silence on its cable; the disk stays as it was."""

    kind: Literal["power_loss"]

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[None]:
        """Off; undone, the power comes back and with it home's server, unless the fence bars it."""
        timeline.record("outage", "struck", kind=self.kind)
        home.lose_power()
        yield
        if home.barred:
            timeline.record("outage", "stays off", kind=self.kind)
            return
        home.regain_power()
        timeline.record("outage", "given back", kind=self.kind)

    def prove(self, home: Site) -> str:
        """Nothing runs and nobody answers."""
        return home.proof_of_death(deadline=10)
