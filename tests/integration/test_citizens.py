"""One citizen at one counter, over the real cable to a real server: what was promised, and what was not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

import psycopg
import pytest

from drill.citizens.counter import Counter, Login, OutOfPatience, Refused
from drill.citizens.desk import Appointment, Desk
from drill.citizens.visit import outcome_of
from drill.clock import wait_until
from drill.hosts import Address
from drill.hosts.limits import Strain
from drill.hosts.process import ProcessPremises
from drill.ledger import Entry, Errand, Outcome
from tests.fix_pair import Pair, standing

pytestmark = pytest.mark.alone
PATIENCE = 1.0  # seconds that a citizen waits
SLACK = 0.4  # seconds by which a busy machine may be late
_DONE = "insert into done values ($1::int, $2::int) returning 'public.done', '1', '10', '20'"
_WORK = {
    "plain": _DONE,
    "stopped before commit": "with let_in as materialized (select pg_advisory_xact_lock_shared(7)), done as (insert"
    " into done select $1::int, $2::int from let_in returning 1) select 'public.done', '1', '10', '20' from done",
    "stopped at commit": _DONE.replace("done values", "stopped values"),
    "refused at commit": _DONE.replace("done values", "strict values"),
    "refused": "select 'public.done', (1 / ($1::int - $1::int))::text, $2::text, '0'",
}
_NUMBERS = count(1)
_TABLES = """
create table done (citizen int, number int);
create table stopped (citizen int, number int);
create table strict (citizen int, number int, constraint once unique (citizen) deferrable initially deferred);
insert into strict values (1, -1);
create function wait_here() returns trigger language plpgsql as
  $$ begin perform pg_advisory_xact_lock_shared(7); return null; end $$;
create constraint trigger wait_here after insert on stopped deferrable initially deferred
  for each row execute function wait_here();
create role someone login password 'someone';
grant select, insert on done, stopped, strict to someone;
create schema drill;
create view drill.receipt as select * from done;
grant usage on schema drill to someone;
grant select on drill.receipt to someone;
"""


@dataclass
class Street:
    """A desk whose statements the tests choose, the server behind it, and the cable between."""

    pair: Pair
    desk: Desk

    def go(self, work: str, meanwhile: Callable[[], None] = lambda: None, **more: Any) -> Entry:
        """Somebody comes for that; `meanwhile` runs in a thread beside it."""
        return self.walk(lambda: self.visit(work, meanwhile, **more))

    def walk(self, coming: Callable[[], Awaitable[Entry]]) -> Entry:
        async def day() -> Entry:
            self.desk.began = asyncio.get_running_loop().time()
            return await coming()

        return asyncio.run(day())

    async def visit(
        self,
        work: str,
        meanwhile: Callable[[], None] = lambda: None,
        counter: Counter | None = None,
        errand: Errand = Errand.WORK,
    ) -> Entry:
        self.desk.statements = [(_WORK[work], lambda *_: [])]
        who = Appointment(1, next(_NUMBERS), asyncio.get_running_loop().time(), PATIENCE, errand)
        beside = asyncio.create_task(asyncio.to_thread(meanwhile))
        entry, kept = await self.desk.attend(who, "home", counter)
        if kept is not None:
            kept.hang_up()
        await beside
        return entry

    def there(self, entry: Entry, table: str = "done") -> int:
        query = f"select count(*) from {table} where citizen = %s and number = %s"
        ((rows,),) = self.pair.home.ask(query, [entry.citizen, entry.number])
        return int(rows)

    def backend(self) -> int | None:
        """That of the citizen, once the server has it wait."""
        whose = "usename = 'someone' and wait_event in ('advisory', 'SyncRep')"
        rows = self.pair.home.ask(f"select pid from pg_stat_activity where {whose}")
        return int(rows[0][0]) if rows else None

    def waiting(self) -> int:
        return wait_until("the citizen waits", self.backend, deadline=PATIENCE, hint="see pg_stat_activity")

    def all_gone(self) -> None:
        """Until no citizen's backend is left: what it was doing is decided then."""
        query = "select count(*) = 0 from pg_stat_activity where usename = 'someone'"
        wait_until("they go", lambda: self.pair.home.ask(query) == [(True,)], deadline=10, hint="who is left?")


@pytest.fixture(scope="module")
def opened(embedded_premises: ProcessPremises) -> Iterator[Pair]:
    with standing(embedded_premises) as pair, pair.home.console() as console:
        console.execute(_TABLES)
        yield pair


@pytest.fixture
def street(opened: Pair) -> Iterator[Street]:
    login = Login(opened.home.reached_from("citizens"), "postgres", "someone", "someone")
    yield Street(opened, Desk("street", [], {"home": login}, 100, 1, 0.0, lambda _: None))
    opened.cable.mend("home", "test")


@pytest.fixture
def locked(opened: Pair) -> Iterator[psycopg.Connection[Any]]:
    """Whoever asks for the lock waits until this connection lets it go."""
    with opened.home.console() as console:
        console.execute("select pg_advisory_lock(7)")
        yield console


def _let_in(console: psycopg.Connection[Any]) -> None:
    console.execute("select pg_advisory_unlock(7)")


def test_a_plain_commit_is_acknowledged(street: Street) -> None:
    entry = street.go("plain")
    assert (entry.outcome, entry.says, street.there(entry)) == (Outcome.ACKED, "", 1)
    assert {table: (c.rows, c.sums) for table, c in entry.change.items()} == {"public.done": (1, (10, 20))}
    assert 0 <= entry.due <= entry.sent <= entry.ended < PATIENCE


def test_the_gate_reads_back_what_it_has_written(street: Street) -> None:
    entry = street.go("plain", errand=Errand.GATE)
    assert (entry.outcome, entry.errand) == (Outcome.ACKED, Errand.GATE)
    lost = street.go("stopped at commit", errand=Errand.GATE)  # into a table that the receipts do not show
    assert (lost.outcome, lost.says) == (Outcome.IN_DOUBT, "the receipt cannot be read back")


def test_a_commit_with_a_warning_is_weak(street: Street, opened: Pair) -> None:
    opened.home.configure(synchronous_standby_names="nobody")
    try:
        entry = street.go("plain", lambda: _signal(opened, street.waiting(), "pg_cancel_backend"))
    finally:
        opened.home.configure(synchronous_standby_names="")
    assert (entry.outcome, street.there(entry)) == (Outcome.WEAK, 1)
    assert entry.says.startswith("canceling wait for synchronous replication")


def test_a_backend_that_is_ended_while_it_commits_leaves_a_doubt(street: Street, opened: Pair) -> None:
    opened.home.configure(synchronous_standby_names="nobody")
    try:
        entry = street.go("plain", lambda: _signal(opened, street.waiting(), "pg_terminate_backend"))
    finally:
        opened.home.configure(synchronous_standby_names="")
    assert (entry.outcome, street.there(entry)) == (Outcome.IN_DOUBT, 1)
    assert entry.ended - entry.sent < PATIENCE


def _signal(pair: Pair, backend: int, how: str) -> None:
    assert pair.home.ask(f"select {how}(%s)", [backend]) == [(True,)]


def test_an_answer_that_the_cable_keeps_leaves_a_doubt_at_the_end_of_patience(
    street: Street, opened: Pair, locked: psycopg.Connection[Any]
) -> None:
    def cut_the_answer_off() -> None:
        street.waiting()
        opened.cable.cut("home", "test")
        _let_in(locked)

    entry = street.go("stopped at commit", cut_the_answer_off)
    assert (entry.outcome, entry.says) == (Outcome.IN_DOUBT, "no answer in time")
    assert PATIENCE - 0.01 <= entry.ended - entry.due < PATIENCE + SLACK
    assert entry.change
    opened.cable.mend("home", "test")
    street.all_gone()
    assert street.there(entry, "stopped") == 1


def test_a_commit_that_takes_too_long_is_a_doubt_and_may_be_there_later(
    street: Street, locked: psycopg.Connection[Any]
) -> None:
    entry = street.go("stopped at commit")
    assert entry.outcome is Outcome.IN_DOUBT
    assert PATIENCE - 0.01 <= entry.ended - entry.due < PATIENCE + SLACK
    _let_in(locked)
    street.all_gone()
    assert street.there(entry, "stopped") == 1


def test_a_cut_before_the_commit_is_a_failure(street: Street, opened: Pair, locked: psycopg.Connection[Any]) -> None:
    def cut() -> None:
        street.waiting()
        opened.cable.cut("home", "test")

    entry = street.go("stopped before commit", cut)
    assert (entry.outcome, entry.says) == (Outcome.FAILED, "after BEGIN was answered: no answer in time")
    assert (entry.strain is None) == (Strain().so_far() is None)
    assert PATIENCE - 0.01 <= entry.ended - entry.due < PATIENCE + SLACK
    opened.cable.mend("home", "test")
    _let_in(locked)
    street.all_gone()
    assert street.there(entry) == 0


def test_a_cut_before_the_call_is_a_failure(street: Street, opened: Pair) -> None:
    opened.cable.cut("home", "test")
    entry = street.go("plain")
    assert entry.outcome is Outcome.FAILED
    assert PATIENCE - 0.01 <= entry.ended - entry.due < PATIENCE + SLACK
    opened.cable.mend("home", "test")
    street.all_gone()
    assert street.there(entry) == 0


def test_a_constraint_that_fails_at_the_commit_is_no_promise(street: Street) -> None:
    entry = street.go("refused at commit")
    assert (entry.outcome, street.there(entry, "strict"), "once" in entry.says) == (Outcome.IN_DOUBT, 0, True)


def test_a_statement_that_fails_is_a_failure(street: Street) -> None:
    entry = street.go("refused")
    assert (entry.outcome, entry.change, "division by zero" in entry.says) == (Outcome.FAILED, {}, True)


def test_a_backend_that_is_ended_before_the_commit_is_a_failure(
    street: Street, opened: Pair, locked: psycopg.Connection[Any]
) -> None:
    entry = street.go("stopped before commit", lambda: _signal(opened, street.waiting(), "pg_terminate_backend"))
    assert (entry.outcome, street.there(entry)) == (Outcome.FAILED, 0)
    assert "terminating connection" in entry.says
    assert entry.ended - entry.due < PATIENCE


def test_a_kept_connection_that_was_ended_meanwhile_is_a_failure(street: Street, opened: Pair) -> None:
    async def old() -> Entry:
        counter = await street.desk.open("home", asyncio.get_running_loop().time() + PATIENCE)
        opened.home.ask("select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'someone'")
        return await street.visit("plain", counter=counter)

    entry = street.walk(old)
    assert (entry.outcome, street.there(entry)) == (Outcome.FAILED, 0)


@pytest.mark.parametrize(
    ("login", "says"),
    [
        (Login(Address("127.0.0.1", 1), "postgres", "someone", "someone"), "Connection refused"),
        (Login(Address("", 0), "nowhere", "someone", "someone"), 'database "nowhere" does not exist'),
        (Login(Address("", 0), "postgres", "someone", "else"), "password authentication failed"),
    ],
    ids=["no server", "no database", "wrong password"],
)
def test_who_is_turned_away_at_the_door_has_failed(street: Street, login: Login, says: str) -> None:
    there = street.desk.logins["home"].address
    street.desk.logins = {"home": login if login.address.port else replace(login, address=there)}
    entry = street.go("plain")
    assert (entry.outcome, says in entry.says) == (Outcome.FAILED, True)
    assert entry.ended < PATIENCE


def test_a_failed_transaction_is_answered_rollback_and_that_is_no_promise(street: Street) -> None:
    async def commit_after_an_error() -> tuple[str, Outcome]:
        deadline = asyncio.get_running_loop().time() + PATIENCE
        counter = await street.desk.open("home", deadline)
        await counter.ask("begin", deadline=deadline)
        with pytest.raises(Refused, match="division by zero"):
            await counter.ask("select 1 / 0", deadline=deadline)
        answer = await counter.ask("commit", deadline=deadline)
        counter.hang_up()
        return answer.tag, outcome_of(answer)

    assert asyncio.run(commit_after_an_error()) == ("ROLLBACK", Outcome.FAILED)


def test_patience_ends_in_the_middle_of_a_large_answer_too(street: Street, opened: Pair) -> None:
    async def cut_while_reading() -> float:
        loop = asyncio.get_running_loop()
        counter = await street.desk.open("home", loop.time() + PATIENCE)
        deadline = loop.time() + PATIENCE
        counter.send("select repeat('x', 1000) from generate_series(1, 10000000)")
        await asyncio.to_thread(opened.cable.cut, "home", "test")
        with pytest.raises(OutOfPatience):
            await counter.answer(deadline)
        counter.hang_up()
        return loop.time() - deadline

    assert -0.01 <= asyncio.run(cut_while_reading()) < SLACK
    opened.cable.mend("home", "test")
    street.all_gone()
