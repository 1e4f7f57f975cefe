"""Looks at what the citizens' transactions left: every receipt row, also those that are there twice."""

from __future__ import annotations

from typing import Any

import psycopg

from drill.digest import Digest
from drill.ledger import Receipt


def receipts(console: psycopg.Connection[Any], register: str) -> tuple[Receipt, ...]:
    """One for each row, so that a transaction which changed three tables has three; one that changed none has one."""
    rows = console.execute("select citizen, number, relation, rows, one, two from drill.receipt")
    return tuple(
        Receipt((register, citizen, number), {relation: Digest.read(count, one, two)} if relation is not None else {})
        for citizen, number, relation, count, one, two in rows
    )
