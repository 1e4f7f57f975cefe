"""Will each sequence give a number that nobody was given yet?"""

from collections.abc import Iterator
from math import inf

from drill.evidence import Evidence, Sequence, Structure
from drill.proofs import doubted
from drill.verdict import Finding, Verdict

TARGET = "each there, ahead of its column, and as far as it was"


def sequences(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        verdict, actual = doubted(
            _judge(*evidence.structures(register)), evidence.seals.get(register), "sequence values"
        )
        says = f"The sequences of {register}: {actual}."
        yield Finding("sequences", register, verdict, TARGET, actual, says)


def _judge(sealed: Structure | None, held: Structure | None) -> tuple[Verdict, str]:
    if sealed is None or not (sealed.sequences or sealed.columns or sealed.objects):
        return Verdict.UNKNOWN, "never sealed"
    if held is None or not (held.sequences or held.columns or held.objects):
        return Verdict.UNKNOWN, "never surveyed"
    there = {(s.name, s.column) for s in held.sequences}
    before = {(s.name, s.column): s for s in sealed.sequences if not _ahead(s)}  # as somebody's own may be at home
    gone = sorted(s.name for s in sealed.sequences if (s.name, s.column) not in there)
    fallen = [s for s in held.sequences if not _ahead(s) and not _no_worse(s, before.get((s.name, s.column)))]
    behind = sorted(f"{s.name} ({s.next_value} <= {s.highest})" for s in fallen)
    back = _set_back(sealed, held, {s.name for s in fallen})
    ended = _ended(sealed, held)
    if gone or behind or back or ended:
        parts = [("missing", gone), ("behind", behind), ("set back", back), ("at their end", ended)]
        return Verdict.MISSED, "; ".join(f"{name}: {', '.join(which)}" for name, which in parts if which)
    if not held.sequences:
        return Verdict.MET, "0 ahead of their columns: it has none"
    as_sealed = f", {len(before)} behind as at the seal" if before else ""
    return Verdict.MET, f"{sum(map(_ahead, held.sequences))} ahead of their columns{as_sealed}"


def _set_back(sealed: Structure, held: Structure, behind: set[str]) -> list[str]:
    """Those that would give numbers again which they had given before the seal; one that goes round does so anyway.

    So does one that is unlogged, which begins anew with its table after every recovery.
    """
    now = {s.name: s.next_value for s in held.sequences}
    anew = {name for name, told in sealed.objects.get("sequences", {}).items() if told.split()[-1:] == ["t"]}
    anew |= {name for name, told in sealed.objects.get("relations", {}).items() if told.split()[:2] == ["S", "u"]}
    fell = {s.name: s for s in sealed.sequences if now.get(s.name, s.next_value) < s.next_value}
    return [f"{name} ({now[name]} instead of {fell[name].next_value})" for name in sorted(fell.keys() - anew - behind)]


def _ended(sealed: Structure, held: Structure) -> list[str]:
    """Those that have no number left, and had more at the seal than a replay passes over."""
    now, told = {s.name: s.next_value for s in held.sequences}, sealed.objects.get("sequences", {})
    last = {s.name: _last(told[s.name]) for s in sealed.sequences if s.name in told and s.name in now}
    left = {s.name for s in sealed.sequences if s.name in last and s.next_value + _passed(told[s.name]) <= last[s.name]}
    return [f"{name} (its last is {last[name]})" for name in sorted(left) if now[name] > last[name]]


def _last(told: str) -> float:
    """What it counts up to, of `integer 1 1 1 9 1 f`; negated where it counts down, infinite where it cycles."""
    *_, step, lowest, highest, _, cycle = told.split()
    return inf if cycle == "t" else -int(lowest) if step.startswith("-") else int(highest)


def _passed(told: str) -> int:
    """How far a replay may leave it further on."""
    *_, step, _, _, cache, _ = told.split()
    return (32 + int(cache)) * abs(int(step))


def _no_worse(sequence: Sequence, sealed: Sequence | None) -> bool:
    """Was it behind at the seal, and by no less? A replay leaves it up to 32 numbers further on."""
    if sealed is None:
        return False
    return _highest(sequence) <= _highest(sealed) and sequence.next_value >= sealed.next_value


def _ahead(sequence: Sequence) -> bool:
    return sequence.next_value > _highest(sequence)


def _highest(sequence: Sequence) -> float:
    """In its column, which may hold none."""
    return -inf if sequence.highest is None else sequence.highest
