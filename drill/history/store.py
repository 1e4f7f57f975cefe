"""The history: runs go in once, and come out by scenario, verdict and time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import UTC, date, datetime
from typing import Any, Self

from sqlalchemy import Connection, Engine, Row, Select, insert, select, update
from sqlalchemy.exc import DBAPIError

from drill.actions import Action
from drill.errors import ScenarioError
from drill.history import tables
from drill.history.opening import failed, opened
from drill.history.records import OfRegister, Record
from drill.verdict import Verdict

_FLAT = [column for column in tables.run.c if column.name != "document"]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which runs are asked for; None of everything."""

    scenario: str | None = None
    verdict: Verdict | None = None
    since: datetime | None = None
    until: datetime | None = None
    last: int | None = None  # only so many, the latest


class History:
    """Connected only while it is asked. Whatever its database refuses is CannotRun."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @classmethod
    def here(cls) -> Self:
        """The one that the environment names, or the user's own; it begins where there is none."""
        return cls(opened())

    @classmethod
    def kept(cls) -> Self:
        """The same, to read in: ScenarioError where there is none."""
        return cls(opened(begins=False))

    # -- runs ---------------------------------------------------------------------------------------------------------

    def add(self, record: Record) -> bool:
        """Keep a run. False when it is there already: what was kept is never changed."""
        flat = {field.name: getattr(record, field.name) for field in fields(Record) if field.name != "registers"}
        with self._connected(writes=True) as connection:
            if connection.execute(select(tables.run.c.run_id).filter_by(run_id=record.run_id)).first():
                return False
            connection.execute(insert(tables.run), flat)
            if parts := [{"run_id": record.run_id, **asdict(part)} for part in record.registers]:
                connection.execute(insert(tables.register), parts)
        return True

    def runs(self, wanted: Filter = Filter(), *, whole: bool = False) -> list[Record]:
        """In the order in which they began; without registers and document unless the whole of them is asked for."""
        with self._connected() as connection:
            rows = connection.execute(_chosen(select(*(tables.run.c if whole else _FLAT)), wanted)).all()
            parts = _parts(connection, [row.run_id for row in rows]) if whole else {}
        return [_record(row, parts.get(row.run_id, ())) for row in reversed(rows)]

    def run(self, run_id: str) -> Record:
        """The whole of one. ScenarioError where there is no such run, or its beginning is that of several."""
        with self._connected() as connection:
            asked = select(tables.run).where(tables.run.c.run_id.startswith(run_id, autoescape=True)).limit(2)
            rows = connection.execute(asked).all()
            exact = [row for row in rows if row.run_id == run_id] or rows
            if len(exact) != 1:
                what = "no run" if not rows else "more than one run"
                hint = "`drill history list` shows what is kept"
                raise ScenarioError(f"the history has {what} {run_id}", hint=hint)
            return _record(exact[0], _parts(connection, [exact[0].run_id])[exact[0].run_id])

    # -- actions ------------------------------------------------------------------------------------------------------

    def act(self, scenario: str, what: str, owner: str, due: date | None, run_id: str | None) -> Action:
        """Open an improvement action."""
        facts = {"scenario": scenario, "what": what, "owner": owner, "due": due, "run_id": run_id}
        now = datetime.now(UTC)
        with self._connected(writes=True) as connection:
            made = connection.execute(insert(tables.action).values(**facts, opened_at=now, outcome=""))
            number = made.inserted_primary_key
        return Action(number[0] if number else 0, scenario, what, owner, due, now, run_id)

    def close(self, number: int, outcome: str) -> None:
        """It was done. ScenarioError where there is no such action that is open."""
        closing = update(tables.action).filter_by(number=number, closed_at=None)
        with self._connected(writes=True) as connection:
            if connection.execute(closing.values(closed_at=datetime.now(UTC), outcome=outcome)).rowcount != 1:
                hint = "`drill action list` shows those that are open"
                raise ScenarioError(f"there is no open action {number}", hint=hint)

    def actions(self, scenario: str | None = None, *, closed: bool = False) -> list[Action]:
        """Those still open, of one scenario or of all; with the closed ones if asked."""
        asked = select(tables.action).order_by(tables.action.c.number)
        if scenario is not None:
            asked = asked.filter_by(scenario=scenario)
        if not closed:
            asked = asked.filter_by(closed_at=None)
        with self._connected() as connection:
            return [Action(**row._mapping) for row in connection.execute(asked)]

    @contextmanager
    def _connected(self, *, writes: bool = False) -> Iterator[Connection]:
        """All or nothing."""
        try:
            with self._engine.connect().execution_options(writes=writes) as connection, connection.begin():
                yield connection
        except DBAPIError as refused:
            raise failed(self._engine.url, refused) from refused


def _chosen(asked: Select[Any], wanted: Filter) -> Select[Any]:
    run = tables.run.c
    if wanted.scenario is not None:
        asked = asked.where(run.scenario == wanted.scenario)
    if wanted.verdict is not None:
        asked = asked.where(run.verdict == wanted.verdict)
    if wanted.since is not None:
        asked = asked.where(run.began_at >= wanted.since)
    if wanted.until is not None:
        asked = asked.where(run.began_at <= wanted.until)
    return asked.order_by(run.began_at.desc(), run.run_id.desc()).limit(wanted.last)


def _parts(connection: Connection, run_ids: Sequence[str]) -> dict[str, tuple[OfRegister, ...]]:
    """The registers of these runs; asked for some at a time, since a statement takes only so many parameters."""
    parts: dict[str, list[OfRegister]] = {run_id: [] for run_id in run_ids}
    for first in range(0, len(run_ids), 500):
        some = tables.register.c.run_id.in_(run_ids[first : first + 500])
        for row in connection.execute(select(tables.register).where(some).order_by(tables.register.c.register)):
            facts = dict(row._mapping)
            parts[facts.pop("run_id")].append(OfRegister(**{**facts, "verdict": Verdict(row.verdict)}))
    return {run_id: tuple(each) for run_id, each in parts.items()}


def _record(row: Row[Any], parts: Sequence[OfRegister]) -> Record:
    facts = {"document": {}, **row._mapping, "verdict": Verdict(row.verdict)}
    return Record(**facts, registers=tuple(parts))
