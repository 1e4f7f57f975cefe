"""Is every object of the schema what it was at the seal, and no other there?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from drill.evidence import Evidence, Structure
from drill.verdict import Finding, Verdict
from drill.wording import settled

TARGET = "each object as sealed, and no other"
_TOLD = 8  # differences

Objects = Mapping[str, Mapping[str, str]]  # kind -> name -> definition


def schema(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        seal = evidence.seals.get(register)
        if seal is not None and seal.structure.columns and not seal.structure.objects:
            continue  # sealed without it, as by earlier versions
        verdict, actual = _judge(*evidence.structures(register), {} if seal is None else seal.loose)
        yield Finding("schema", register, verdict, TARGET, actual, f"The schema of {register}: {actual}.")


def _judge(sealed: Structure | None, held: Structure | None, loose: Mapping[str, str]) -> tuple[Verdict, str]:
    if sealed is None or not sealed.objects:
        return Verdict.UNKNOWN, "never sealed"
    if held is None or not held.objects:
        return Verdict.UNKNOWN, "never surveyed"
    firm = {kind: objects for kind, objects in sealed.objects.items() if kind not in loose}
    if wrong := differences(firm, held.objects):
        return Verdict.MISSED, told(wrong)
    if doubtful := differences({kind: sealed.objects[kind] for kind in sealed.objects if kind in loose}, held.objects):
        return (
            Verdict.UNKNOWN,
            f"{told(doubtful)}; {', '.join(sorted({loose[k] for k in sealed.objects if k in loose}))}",
        )
    return Verdict.MET, f"{sum(map(len, sealed.objects.values()))} objects as sealed"


def differences(sealed: Objects, held: Objects) -> list[str]:
    """One line for each object that is missing, changed or too many."""
    return [line for kind in sealed for line in _of_a_kind(kind, sealed[kind], held.get(kind, {}))]


def told(lines: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f"; and {len(lines) - _TOLD} more" if len(lines) > _TOLD else ""
    return "; ".join(lines[:_TOLD]) + more


def _of_a_kind(kind: str, sealed: Mapping[str, str], held: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(sealed.keys() | held.keys()):
        if name not in held:
            yield f"{kind}: {name} is missing"
        elif name not in sealed:
            yield f"{kind}: {name} is too many"
        elif settled(sealed[name]) != settled(held[name]):
            yield f"{kind}: {name} is {_short(held[name])} instead of {_short(sealed[name])}"


def _short(definition: str) -> str:
    text = " ".join(definition.split())
    return repr(text if len(text) <= 120 else f"{text[:60]} ... {text[-60:]}")
