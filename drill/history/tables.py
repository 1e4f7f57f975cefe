"""The tables of the history. What is compared and filtered has columns; the rest of a run is its JSON document."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Instant(TypeDecorator[datetime]):
    """An instant with its time zone; SQLite, which knows none, holds it in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC).astimezone(UTC)


run = Table(
    "run",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("scenario_sha256", String, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("took_s", Double),
    Column("host", String, nullable=False),
    Column("machine", String, nullable=False),
    Column("postgres", String, nullable=False),
    Column("drill_version", String, nullable=False),
    Column("people", Integer, nullable=False),
    Column("seed", Integer, nullable=False),
    Column("ran_by", String, nullable=False),
    Column("declared_by", String),
    Column("verdict", String, nullable=False),
    Column("as_expected", Boolean, nullable=False),
    Column("comparable", Boolean, nullable=False),
    Column("exit_code", Integer, nullable=False),
    Column("rta_s", Double),
    Column("rpa_s", Double),
    Column("document", JSON, nullable=False),
    Index(None, "began_at"),
    Index(None, "scenario", "began_at"),
)

register = Table(
    "register",
    metadata,
    Column("run_id", ForeignKey("run.run_id", ondelete="CASCADE"), primary_key=True),
    Column("register", String, primary_key=True),
    Column("verdict", String, nullable=False),
    Column("rta_s", Double),
    Column("rto_s", Double),
    Column("rpa_s", Double),
    Column("rpo_s", Double),
    Column("lost", Integer),
    Column("acked", Integer),
)

action = Table(
    "action",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("scenario", String, nullable=False),
    Column("what", String, nullable=False),
    Column("owner", String, nullable=False),
    Column("due", Date),
    Column("opened_at", Instant, nullable=False),
    Column("run_id", String),
    Column("closed_at", Instant),
    Column("outcome", String, nullable=False),
    Index(None, "scenario"),
)
