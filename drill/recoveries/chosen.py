"""Which version of a copy a recovery takes, written down with its age."""

from drill.errors import StepFailed
from drill.parts import KeptCopy, Version
from drill.timeline import Timeline


def chosen(copy: KeptCopy, name: str, timeline: Timeline) -> Version:
    """The named version, or the latest; StepFailed when the embassy holds none of that name."""
    versions = list(copy.versions())
    found = [version for version in versions if name in ("latest", version.name)]
    if not found:
        held = ", ".join(version.name for version in versions) or "none"
        raise StepFailed(f"{copy.name} has no version {name!r}; it holds: {held}", hint="see the copy's events")
    tell(copy.name, found[-1], timeline)
    return found[-1]


def tell(copy: str, version: Version, timeline: Timeline, **more: str) -> None:
    """Write down that this version of the copy of that name is taken."""
    age = (timeline.clock.now() - version.made_at).total_seconds()
    timeline.record(
        "recovery",
        "version chosen",
        copy=copy,
        version=version.name,
        made_at=version.made_at.isoformat(),
        age_s=round(age, 3),
        snapshots_skew_s=round(version.skew, 3),
        **more,
    )
