"""What a register that came back must pass before it is accepted: probes look, the same checks judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from drill import checks
from drill.evidence import Evidence, Seal
from drill.parts import CitizensAtWork, Survey
from drill.timeline import Timeline
from drill.verdict import Verdict

if TYPE_CHECKING:
    from drill.sites.site import Site


_WORDS = {Verdict.MET: "accepted", Verdict.MISSED: "refused", Verdict.UNKNOWN: "undecided"}


class IntegrityGate:
    """Holds what the embassy has against the seal that was handed to it with the copy."""

    def __init__(self, survey: Survey) -> None:
        self._survey = survey

    def accept(self, register: str, embassy: Site, seal: Seal, citizens: CitizensAtWork, timeline: Timeline) -> bool:
        """One write and read-back, then everything in one snapshot: accepted only when all of it is met.

        A miss is a refusal; where something could only not be told, the register is left undecided.
        """
        timeline.record("gate", "gate began", register=register)
        entry = citizens.try_at(register, embassy.name)
        held = self._survey.holdings(register, embassy, seal)
        evidence = Evidence(
            scenario="",
            expected={},
            lost=frozenset({register}),
            objectives={},
            seals={register: seal},
            holdings={register: held},
            events=timeline.events,
            ledger=(entry,),
        )
        found = checks.findings(evidence, checks.GATE)
        verdict = Verdict.of(finding.verdict for finding in found)
        reasons = [f"{f.check}: {f.actual}" for f in found if f.verdict is not Verdict.MET]
        timeline.record("gate", _WORDS[verdict], register=register, **({"reasons": reasons} if reasons else {}))
        return verdict is Verdict.MET
