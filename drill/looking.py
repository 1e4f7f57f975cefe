"""Looking at a database of somebody's copy once it stands in the sandbox: what it holds, and whether it is sound."""

from __future__ import annotations

from collections.abc import Mapping

from drill.evidence import Evidence, Holdings, Seal
from drill.probes.survey import Surveyor
from drill.seals import Sealed
from drill.sites.site import Site

_DEADLINE = 4 * 3600.0  # seconds for one statement


def looked(name: str, site: Site, sealed: Sealed | None, jobs: int) -> Holdings:
    """Everything that the checks ask of one database; StepFailed where it cannot be read."""
    seal = sealed.databases[name] if sealed else Seal({})
    return Surveyor(jobs, _DEADLINE, seal.form, whole=True).thorough(name, site, seal)


def evidence_of(seals: Mapping[str, Seal], holdings: Mapping[str, Holdings]) -> Evidence:
    """As the checks of a drill read it: every database was lost, and is held at the embassy."""
    return Evidence("", {}, frozenset(seals), {}, seals, holdings, (), ())
