"""Columns that many registers have."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Numeric, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP


def number(name: str = "id") -> Column[int]:
    """The primary key: a number of the register's own."""
    return Column(name, BigInteger, Identity(), primary_key=True)


def moment(name: str) -> Column[datetime]:
    """When it was done; now, unless it is said."""
    return Column(name, TIMESTAMP(timezone=True), nullable=False, server_default=text("now()"))


def money(name: str, **options: Any) -> Column[Decimal]:
    """Euros and cents."""
    return Column(name, Numeric(14, 2), **{"nullable": False, **options})


def kind(name: str, *words: str) -> Column[str]:
    """One of these words."""
    listed = ", ".join(f"'{word}'" for word in words)
    return Column(name, Text, CheckConstraint(f"{name} in ({listed})"), nullable=False)


def personal_code(name: str = "personal_code", **options: Any) -> Column[str]:
    """A synthetic person's code."""
    return Column(name, Text, CheckConstraint(f"{name} ~ '^9[0-9]{{10}}$'"), **{"nullable": False, **options})


def registry_code(name: str = "registry_code", **options: Any) -> Column[str]:
    """A company's code."""
    return Column(name, Text, CheckConstraint(f"{name} ~ '^[0-9]{{8}}$'"), **{"nullable": False, **options})
