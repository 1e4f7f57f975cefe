"""The tables that are empty after every recovery, as a seal tells them: no log says what was in them."""

from __future__ import annotations

from collections.abc import Mapping

from drill.evidence import Seal

UNLOGGED = "unlogged"  # the word by which --allow names their tables
_WHY = f"it is unlogged, so that every recovery leaves it empty: --allow {UNLOGGED} accepts that"


def unlogged(seal: Seal) -> Mapping[str, str]:
    """By table that need not be as sealed: why. A partition has no digest of its own, its partitioned table has."""
    relations = seal.structure.objects.get("relations", {})
    found = {name for name, told in relations.items() if told.split()[:2] == ["r", "u"]}
    tops = {name: _top(name, relations) for name in found - seal.tables.keys()}
    partitioned = set(tops.values())
    if not partitioned <= seal.tables.keys():  # which one it belongs to is not told: any may be the one
        partitioned |= {name for name, told in relations.items() if told.split()[:1] == ["p"]}
    return dict.fromkeys(sorted((found | partitioned) & seal.tables.keys()), _WHY)


def wholly_unlogged(seal: Seal) -> frozenset[str]:
    """Those that nothing is left of: a partitioned table with one partition that is logged is not among them."""
    relations = seal.structure.objects.get("relations", {})
    logged = {_top(name, relations) for name, told in relations.items() if told.split()[:2] == ["r", "p"]}
    return frozenset(unlogged(seal).keys() - logged)


def _top(name: str, relations: Mapping[str, str]) -> str:
    """The partitioned table that it is a part of, over all levels; itself where it is of none."""
    above = _above(name, relations)
    return name if above is None else _top(above, {other: told for other, told in relations.items() if other != name})


def _above(name: str, relations: Mapping[str, str]) -> str | None:
    """What it is a partition of stands last in what a seal tells of it, quoted where SQL would."""
    told = _bare(relations[name])
    tables = (other for other, of_it in relations.items() if other != name and of_it.split()[:1] == ["p"])
    return max((table for table in tables if told.endswith(f" {_bare(table)}")), key=len, default=None)


def _bare(text: str) -> str:
    return text.replace('"', "").rstrip()
