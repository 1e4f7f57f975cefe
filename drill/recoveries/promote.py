"""Tell the standby that it is now the register."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import BaseModel, Field

from drill.parts import KeptCopy
from drill.recoveries.chosen import chosen
from drill.timeline import Timeline

if TYPE_CHECKING:
    from drill.sites.site import Site

_DEADLINE = 120  # seconds


class Promote(BaseModel, frozen=True, extra="forbid"):
    """All registers come back at once, with what the standby had received."""

    works_with: ClassVar[frozenset[str]] = frozenset({"streaming"})
    for_a_part: ClassVar[bool] = False  # registers can come back without the others
    kind: Literal["promote"]
    source: Annotated[str, Field(alias="from")]

    def bring_up(self, copy: KeptCopy, embassy: Site, registers: Sequence[str], timeline: Timeline) -> Iterator[str]:
        """End recovery on the standby; every register is back then."""
        chosen(copy, "latest", timeline)
        timeline.record("recovery", "phase", name="promote")
        embassy.promote(deadline=_DEADLINE)
        yield from registers
