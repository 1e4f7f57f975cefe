"""Is what all databases share, roles before all, as it was sealed?"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from drill.checks.schema import differences, told
from drill.verdict import Finding, Verdict

_TARGET = "each as sealed, and no other"
UNSET = "settings that this PostgreSQL does not take"  # by role: why
_WAYS = "ways of memberships"
_IN_ROLES = ("roles", "memberships")
_SEVERAL = "several"  # granted it: which of them is left of a dump is nobody's to say


def shared_findings(
    sealed: Mapping[str, Mapping[str, str]],
    held: Mapping[str, Mapping[str, str]],
    *,
    with_roles: bool,
    physical: bool = False,
) -> Iterator[Finding]:
    """Of the whole copy. Without roles in it there is nothing to compare, which the check `roles` says.

    A dump does not hold what is set for a database; a physical copy does. Where something could not be set here, what
    is set for that role is unknown.
    """
    if not with_roles:
        return
    wrong = differences(*({kind: objects.get(kind, {}) for kind in _IN_ROLES} for objects in (sealed, held)))
    if "parameters" in sealed:
        wrong += differences({"parameters": sealed["parameters"]}, held)
    wrong += differences(*_ways(sealed.get(_WAYS, {}), held.get(_WAYS, {})))
    unset = held.get(UNSET, {})
    settings = (_settings(objects.get("settings", {}), physical, unset) for objects in (sealed, held))
    wrong += differences(*settings)
    verdict, actual = (Verdict.MISSED, told(wrong)) if wrong else (Verdict.MET, "all as sealed")
    if unset and not wrong:
        verdict, actual = Verdict.UNKNOWN, told([f"{UNSET}: {role}: {why}" for role, why in sorted(unset.items())])
    yield Finding("roles", "copy", verdict, _TARGET, actual, f"Roles, their memberships and settings: {actual}.")


def _ways(*of: Mapping[str, str]) -> Iterator[Mapping[str, Mapping[str, str]]]:
    """Of the memberships that are in both; which are missing is told of the memberships themselves."""
    sealed, held = of
    known = {name for name in sealed.keys() & held.keys() if _SEVERAL not in (sealed[name], held[name])}
    return ({_WAYS: {name: each[name] for name in known}} for each in of)


def _settings(of: Mapping[str, str], in_databases: bool, unset: Container[str]) -> Mapping[str, Mapping[str, str]]:
    known = {name: value for name, value in of.items() if name not in unset}
    return {"settings": {name: value for name, value in known.items() if in_databases or " in " not in name}}
