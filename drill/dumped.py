"""What of a seal a dump can bring back: some of what a server has is in no dump, and some comes back another way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from drill.evidence import Holdings, Seal
from drill.wording import settled

# What every new database has, so that it is there again where it was dropped at home.
_NEW: Mapping[str, str] = {"schemas": "public", "extensions": "plpgsql"}
_OFF = "triggers of references that are off"
_ALL = re.compile(r"(?<==)a(\*?)r\1w\1d\1D\1x\1t\1(?=/)")  # every right on tables, before PostgreSQL 17
_MAINTAIN = r"\g<0>m\1"  # which is told as ALL, and so is all that a newer server has


def as_dumped(seal: Seal, held: Holdings | None) -> Seal:
    """The seal, as far as any dump of that moment holds it; `held` is what was loaded of one.

    Left out are the versions of extensions, indexes that were not valid, and that the triggers of a foreign key were
    off. Rights to come on tables are those of the server that the dump was loaded into, and what only bounds a sequence
    that is bounded otherwise already, its type, is that of its column.
    """
    if held is None:
        return seal
    sealed, there = seal.structure, {settled(index) for index in held.structure.indexes}
    objects = {k: _of_a_kind(k, told, held.structure.objects.get(k, {})) for k, told in sealed.objects.items()}
    indexes = {index: valid for index, valid in sealed.indexes.items() if valid or settled(index) in there}
    return replace(seal, structure=replace(sealed, objects=objects, indexes=indexes))


def _of_a_kind(kind: str, sealed: Mapping[str, str], held: Mapping[str, str]) -> Mapping[str, str]:
    new = {name: held[name] for name in held.keys() & {_NEW.get(kind)}}
    both = sealed.keys() & held.keys()
    match kind:
        case "extensions":
            sealed = {**sealed, **{name: held[name] for name in both if _place(sealed[name]) == _place(held[name])}}
        case "default privileges":
            sealed = {
                **sealed,
                **{name: held[name] for name in both if _ALL.sub(_MAINTAIN, sealed[name]) == held[name]},
            }
        case "sequences":  # that of an identity column is of the column's type again
            sealed = {**sealed, **{name: held[name] for name in both if _reach(sealed[name]) == _reach(held[name])}}
        case _ if kind == _OFF:
            sealed = {name: sealed[name] for name in both}
    return {**new, **sealed}


def _reach(sequence: str) -> str:
    """Where it begins and ends, and how it goes, of `integer 1 1 1 2147483647 1 f`."""
    return sequence.partition(" ")[2]


def _place(extension: str) -> str:
    """In which schema it is, of `1.7 in public`."""
    return extension.partition(" in ")[2]
