"""Everything of home dies between two instructions, and stays off until the homecoming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import BaseModel

from drill.outages import signs
from drill.parts import Proof
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site


class PowerLoss(BaseModel, frozen=True, extra="forbid"):
    """SIGKILL to all of home at once and silence on its cable; the disk stays as it was."""

    discovered_after: ClassVar[float | None] = None
    kind: Literal["power_loss"]

    @property
    def takes(self) -> None:
        """Every register is lost."""
        return

    @contextmanager
    def strike(self, home: Site, timeline: Timeline) -> Iterator[Proof]:
        """Off; undone, the power comes back and with it home's server, unless the fence bars it."""
        timeline.record("outage", "struck", kind=self.kind)
        home.lose_power()
        yield partial(signs.of_death, home)
        if home.barred:
            timeline.record("outage", "stays off", kind=self.kind, how=signs.of_death(home))
            return
        home.regain_power()
        timeline.record("outage", "given back", kind=self.kind, how=signs.of_return(home))
