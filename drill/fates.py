"""What became of each transaction of one register: the ledger held against the receipts."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drill.digest import Digest
from drill.ledger import PROMISED, Entry, Errand, Key, Outcome, Receipt
from drill.proofs import behind

Row = tuple[str, Digest | None]  # the table that a receipt speaks of, and its change


@dataclass(frozen=True, slots=True)
class Fates:
    """Each class of design section 5. A transaction may be in several: a duplicate may be altered too."""

    promised: tuple[Entry, ...]  # acknowledged by home, or weakly, before it was fenced; in the order of the answers
    lost: tuple[Entry, ...]  # of these, those without a receipt
    weak: tuple[Entry, ...]  # of the promised, those answered with a warning
    kept: tuple[Entry, ...]  # in doubt, and there
    dropped: tuple[Entry, ...]  # in doubt, and not there
    holes: tuple[Entry, ...]  # lost, though a later promise to the same citizen is there
    phantoms: tuple[Key, ...]  # there, though nobody tried it, or it failed, or only a stale citizen tried it, at home
    duplicates: tuple[Key, ...]  # there twice
    altered: tuple[Key, ...]  # there, but not as the citizen was told
    served: tuple[Entry, ...]  # acknowledged by the embassy
    forsaken: tuple[Entry, ...]  # of these, those without a receipt


def fates(entries: Iterable[Entry], receipts: Iterable[Receipt], fenced: float | None) -> Fates:
    """Sort one register's tries and the receipts found in it; `fenced` in seconds on the drill's clock."""
    tries = sorted(entries, key=lambda e: e.ended)
    rows = _rows(receipts)
    promised = tuple(e for e in tries if _at_work(e, "home") and e.outcome in PROMISED and not behind(e, fenced))
    doubtful = [e for e in tries if e.outcome is Outcome.IN_DOUBT and e.errand is not Errand.STALE]
    served = tuple(e for e in tries if e.site == "embassy" and e.outcome in PROMISED)
    by_key = {e.key: e for e in tries}
    return Fates(
        promised=promised,
        lost=tuple(e for e in promised if e.key not in rows),
        weak=tuple(e for e in promised if e.outcome is Outcome.WEAK),
        kept=tuple(e for e in doubtful if e.key in rows),
        dropped=tuple(e for e in doubtful if e.key not in rows),
        holes=_holes(promised, rows),
        phantoms=tuple(key for key in rows if not _could_be(by_key.get(key))),
        duplicates=tuple(key for key, seen in rows.items() if len({table for table, _ in seen}) < len(seen)),
        altered=tuple(key for key, seen in rows.items() if _altered(by_key.get(key), seen)),
        served=served,
        forsaken=tuple(e for e in served if e.key not in rows),
    )


def _at_work(entry: Entry, site: str) -> bool:
    return entry.site == site and entry.errand is Errand.WORK


def _rows(receipts: Iterable[Receipt]) -> dict[Key, list[Row]]:
    """By transaction: one row for each table it changed. A receipt that changed nothing is a row all the same."""
    rows: dict[Key, list[Row]] = defaultdict(list)
    for receipt in receipts:
        rows[receipt.key].extend(receipt.change.items() or [("", None)])
    return dict(rows)


def _holes(promised: tuple[Entry, ...], rows: Mapping[Key, object]) -> tuple[Entry, ...]:
    """A copy holds the past up to some point: whoever has the later of two promises must have the earlier."""
    last_sent: dict[int, float] = {}
    for entry in promised:
        if entry.key in rows:
            last_sent[entry.citizen] = max(entry.sent, last_sent.get(entry.citizen, entry.sent))
    return tuple(e for e in promised if e.key not in rows and e.ended < last_sent.get(e.citizen, e.ended))


def _could_be(entry: Entry | None) -> bool:
    """May this transaction have left a receipt?"""
    if entry is None or entry.errand is Errand.STALE:
        return False
    return entry.outcome not in {Outcome.FAILED, Outcome.NOT_TRIED}


def _altered(entry: Entry | None, seen: list[Row]) -> bool:
    """Differs from what the citizen was told. Who was left in doubt was perhaps told nothing."""
    if entry is None or not (entry.outcome in PROMISED or (entry.outcome is Outcome.IN_DOUBT and entry.change)):
        return False
    return set(seen) != set(entry.change.items() or [("", None)])
