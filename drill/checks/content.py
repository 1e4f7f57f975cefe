"""Is every row what it was at the seal, but for exactly the changes of the receipts held?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from drill.digest import BUCKETS, Digest, bucket, quoted
from drill.evidence import Evidence, Holdings, Seal
from drill.verdict import Finding, Verdict

TARGET = "sealed digest + receipts held"
_TOLD = 12  # tables of which it is not known what they must hold
_UNREAD = "it could not be read when it was sealed"


def content(evidence: Evidence) -> Iterator[Finding]:
    for register in evidence.registers:
        seal, held = _doubted(evidence.seals.get(register)), evidence.held(register)
        if seal is None or not (seal.tables or seal.structure.objects):
            yield _unknown(register, "never sealed")
        elif held is None:
            yield _unknown(register, "never surveyed")
        elif _wrong(due := _due(seal, held), held.tables):
            yield _differing(register, due, held, seal) or _missed(register, due, held, seal)
        elif unsealed := [table for table in sorted(seal.structure.columns) if table not in due]:
            yield _undecided(register, [f"{table}: {seal.loose[table]}" for table in unsealed], len(due))
        else:
            actual, rows = f"{len(seal.tables)} tables as sealed", sum(d.rows for d in held.tables.values())
            says = f"Every one of the {rows} rows of {register} is accounted for."
            yield Finding("content", register, Verdict.MET, TARGET, actual, says)


def _doubted(seal: Seal | None) -> Seal | None:
    """With those marked of which nobody knows what was in them."""
    if seal is None:
        return None
    unread = dict.fromkeys(seal.structure.columns.keys() - seal.tables.keys(), _UNREAD)
    return replace(seal, loose={**unread, **seal.loose})


def _undecided(register: str, unsealed: Sequence[str], sealed: int) -> Finding:
    """Nothing differs, and with some tables there is nothing to compare."""
    lines = [f"only {sealed} of {sealed + len(unsealed)} tables were sealed", *unsealed[:_TOLD]]
    lines += [f"and {len(unsealed) - _TOLD} more"] if len(unsealed) > _TOLD else []
    actual = "; ".join(lines)
    says = f"Whether {register} holds what it should is not known: {actual}."
    return Finding("content", register, Verdict.UNKNOWN, TARGET, actual, says)


def _missed(register: str, due: Mapping[str, Digest], held: Holdings, seal: Seal) -> Finding:
    wrong = _wrong(due, _firm(due, held, seal))
    places = {table: where for table in sorted(held.buckets) if (where := _buckets(table, seal, held))}
    if places:
        named = (f"{table} in {', '.join(map(str, where))} of {BUCKETS}" for table, where in places.items())
        wrong += f"; buckets that differ: {'; '.join(named)}"
    says = f"{register} does not hold what it should: {wrong}."
    for table, where in places.items():
        says += f" The rows of those of {table}, at home and in the copy: {_listing(table, where, seal)}."
    return Finding("content", register, Verdict.MISSED, TARGET, wrong, says)


def _buckets(table: str, seal: Seal, held: Holdings) -> list[int]:
    """Those that are not as sealed; one without a row is not there."""
    before, now = seal.buckets[table].digests, held.buckets[table]
    return sorted(b for b in before.keys() | now.keys() if before.get(b) != now.get(b))


def _listing(table: str, where: list[int], seal: Seal) -> str:
    """The query for the rows of these buckets."""
    written = table if table.count(".") > 1 else ".".join(map(quoted, table.split(".")))
    which = bucket(seal.buckets[table].key, "t", seal.form)
    return f"select * from {written} t where {which} in ({', '.join(map(str, where))})"  # noqa: S608 - for a person


def _differing(register: str, due: Mapping[str, Digest], held: Holdings, seal: Seal) -> Finding | None:
    """Unknown where only tables differ of which nobody can say what they must hold now; None where others do."""
    differ = sorted(table for table in due.keys() | held.tables.keys() if due.get(table) != held.tables.get(table))
    why = {table: _excuse(table, due, held, seal) for table in differ}
    if not all(why.values()):
        return None
    unsealed = [table for table in held.tables if table not in due and table in seal.loose]
    lines = [f"only {len(due)} of {len(due) + len(unsealed)} tables were sealed"] if unsealed else []
    lines += [f"{table}: {why[table]}" for table in differ[:_TOLD]]
    lines += [f"and {len(differ) - _TOLD} more"] if len(differ) > _TOLD else []
    actual = "; ".join(lines)
    says = f"Whether {register} holds what it should is not known. It differs from the seal in: {actual}."
    return Finding("content", register, Verdict.UNKNOWN, TARGET, actual, says)


def _excuse(table: str, due: Mapping[str, Digest], held: Holdings, seal: Seal) -> str | None:
    """Why it is not known what it must hold now; None where it is.

    It may be missing, or too many, only where nobody can say either which tables there must be. One that is there with
    the sealed columns, and could not be read, is damaged.
    """
    if table in held.tables and (table in due or table in seal.loose):
        return seal.loose.get(table)
    there = held.structure.columns.get(table)
    if table in due and there is not None and set(seal.structure.columns.get(table, ())) <= set(there):
        return None
    return seal.loose.get("tables")


def _unknown(register: str, gap: str) -> Finding:
    says = f"Whether {register} holds what it should is not known: it was {gap}."
    return Finding("content", register, Verdict.UNKNOWN, TARGET, gap, says)


def _due(seal: Seal, held: Holdings) -> Mapping[str, Digest]:
    """What each table must hold; also a table that only receipts speak of."""
    due = dict(seal.tables)
    for receipt in held.receipts:
        for table, change in receipt.change.items():
            due[table] = due.get(table, Digest()) + change
    return due


def _firm(due: Mapping[str, Digest], held: Holdings, seal: Seal) -> Mapping[str, Digest]:
    """What is held, without the tables that are there and were never sealed: they are not too many."""
    return {table: digest for table, digest in held.tables.items() if table in due or table not in seal.loose}


def _wrong(due: Mapping[str, Digest], held: Mapping[str, Digest]) -> str:
    """The tables that differ, are missing or are too many; empty when all is as it should be."""
    differ = [f"{t} ({_amount(due[t], held[t])})" for t in sorted(due.keys() & held.keys()) if due[t] != held[t]]
    groups = {
        "differ": differ,
        "missing": sorted(due.keys() - held.keys()),
        "too many": sorted(held.keys() - due.keys()),
    }
    return "; ".join(f"{name}: {', '.join(tables)}" for name, tables in groups.items() if tables)


def _amount(due: Digest, held: Digest) -> str:
    return "same count" if due.rows == held.rows else f"{held.rows} rows instead of {due.rows}"
