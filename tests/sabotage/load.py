"""Somebody who writes to a server without end: rows, sequences, large objects, and now and then its schema."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from drill.clock import wait_until

_SETUP = """
create table stock (id int generated always as identity primary key, name text not null, amount numeric(12,2) not null);
create table move (id bigserial primary key, item int references stock, amount int, body text, at timestamptz default now());
create table quiet (id int primary key, word text);
create index move_item on move (item);
create materialized view sums as select item, sum(amount) as amount from move group by item;
insert into stock (name, amount) select 'item ' || i, i from generate_series(1, 300) i;
insert into quiet select i, md5(i::text) from generate_series(1, 2000) i;
"""  # noqa: E501
_STATEMENTS = (
    *("insert into move (item, amount, body) select 1 + i % 300, i, repeat('x', 200) from generate_series(1, 40) i",)
    * 6,
    *("update stock set amount = amount + 1 where id % 7 = (random() * 6)::int",) * 4,
    *("delete from move where id in (select id from move order by random() limit 15)",) * 3,
    *("select lo_from_bytea(0, 'a letter')", "select nextval('move_id_seq')", "vacuum move", "analyze"),
    *("update move set body = repeat('y', 5000) where id in (select max(id) from move)",) * 2,
    *("reindex table stock", "refresh materialized view sums"),
)
# Each twice, there and back: what was done to a schema after the seal, or before the end of a copy, is no damage.
_SCHEMA = (
    ("create table passing as select * from stock", "drop table passing"),
    ("create index move_at on move (at)", "drop index move_at"),
    ("alter table stock add column colour text", "alter table stock drop column colour"),
    ("create function seven() returns int language sql return 7", "drop function seven"),
    ("create role passer login", "drop role passer"),
    ("alter table move add constraint few check (amount < 100000)", "alter table move drop constraint few"),
    ("create sequence tickets", "drop sequence tickets"),
)


class Load:
    """One writer, in a thread of its own, until it is told to rest or to end; it survives a server that is stopped."""

    def __init__(self, dsn: str, seed: int) -> None:
        self._dsn, self._lots, self._rows_only = dsn, random.Random(seed), threading.Event()  # noqa: S311
        self._resting, self._ended, self._idle = threading.Event(), threading.Event(), threading.Event()
        self._undo: list[str] = []
        self.written = 0
        self.failed: list[str] = []

    @contextmanager
    def at_work(self) -> Iterator[Load]:
        """Undone, it has ended."""
        with psycopg.connect(self._dsn, autocommit=True) as console:
            console.execute(_SETUP)
        thread = threading.Thread(target=self._work, name="load")
        thread.start()
        try:
            yield self
        finally:
            self._ended.set()
            thread.join(60)
        assert not thread.is_alive()
        assert self.failed == []

    @contextmanager
    def resting(self) -> Iterator[None]:
        """Nobody writes, and no connection is open."""
        self._idle.clear()
        self._resting.set()
        assert self._idle.wait(60)
        try:
            yield
        finally:
            self._resting.clear()

    @contextmanager
    def rows_only(self) -> Iterator[None]:
        """Nothing is done to the schema, as those who dump a server see to."""
        self._rows_only.set()
        self.goes_on(2)
        try:
            yield
        finally:
            self._rows_only.clear()

    def goes_on(self, least: int = 20) -> None:
        """Until so much more was written."""
        wanted = self.written + least
        wait_until("more is written", lambda: self.written >= wanted, deadline=60, hint=lambda: str(self.failed))

    def _work(self) -> None:
        while not self._ended.is_set():
            if self._resting.is_set():
                self._idle.set()
                self._ended.wait(0.01)
                continue
            try:
                with psycopg.connect(self._dsn, autocommit=True) as console:
                    while not (self._resting.is_set() or self._ended.is_set()):
                        console.execute(self._next().encode())
                        self.written += 1
            except psycopg.Error as refused:
                self.failed.append(str(refused))
                return

    def _next(self) -> str:
        """Mostly rows; one statement in thirty does something to the schema, or undoes the last such thing."""
        if self._rows_only.is_set() or self._lots.random() > 1 / 30:
            return self._lots.choice(_STATEMENTS)
        if self._undo:
            return self._undo.pop()
        there, back = self._lots.choice(_SCHEMA)
        self._undo.append(back)
        return there
