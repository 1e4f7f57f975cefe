"""Looking at a database of somebody's copy once it stands in the sandbox: what it holds, and whether it is sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from drill.evidence import Evidence, Holdings, Seal
from drill.probes.fingerprint import fingerprint, fingerprint_of_large_objects
from drill.probes.soundness import observed
from drill.probes.survey import Surveyor
from drill.seals import Sealed
from drill.sites.site import Site

_DEADLINE = 4 * 3600.0  # seconds for one statement


def looked(name: str, site: Site, sealed: Sealed | None, jobs: int) -> Holdings:
    """Everything that the checks ask of one database; StepFailed where it cannot be read."""
    seal = sealed.databases[name] if sealed else Seal({})
    surveyor = Surveyor(jobs, _DEADLINE, seal.form, whole=True)
    held = surveyor.holdings(name, site, seal)
    with surveyor.snapshot(name, site) as console:
        objects = fingerprint(console)
    with site.console(name, patience=_DEADLINE) as console:
        objects |= fingerprint_of_large_objects(console, seal.form)
    seen = observed(lambda: site.console(name, patience=_DEADLINE), jobs)
    return replace(held, structure=replace(held.structure, objects=objects), observations=seen)


def evidence_of(seals: Mapping[str, Seal], holdings: Mapping[str, Holdings]) -> Evidence:
    """As the checks of a drill read it: every database was lost, and is held at the embassy."""
    return Evidence("", {}, frozenset(seals), {}, seals, holdings, (), ())
