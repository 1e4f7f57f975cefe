"""One connection of a citizen, at which every wait ends when the citizen's patience does.

libpq is driven directly: psycopg's own connections round timeouts up to seconds, try to cancel over the network when
one passes, and hide the command tag, and the tag is what tells a COMMIT from a ROLLBACK.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import psycopg
from psycopg import pq
from psycopg.conninfo import make_conninfo

from drill.digest import PINNED_OPTIONS
from drill.hosts import Address
from drill.ledger import SILENCE

LATE = 0.25  # seconds after the deadline from which on it was the drill that was late


class Refused(Exception):
    """The server, or the way to it, answered with an error."""


class OutOfPatience(Exception):
    """No answer came in time."""


class Late(OutOfPatience):
    """The drill itself looked too late for an answer: that none was seen says nothing of the server."""


@dataclass(frozen=True, slots=True)
class Login:
    """Where to call and who is calling."""

    address: Address
    database: str
    role: str
    password: str = field(repr=False)

    @property
    def conninfo(self) -> bytes:
        """As libpq takes it."""
        return make_conninfo(
            host=self.address.host,
            port=self.address.port,
            dbname=self.database,
            user=self.role,
            password=self.password,
            options=PINNED_OPTIONS,
            sslmode="disable",
            gssencmode="disable",
            application_name=self.role,
        ).encode()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the command tag, the rows as text, and the warnings that came with them."""

    tag: str
    rows: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]


class Counter:
    """Open with `call`; `deadline` is always an instant of the running event loop's clock."""

    def __init__(self, connection: pq.abc.PGconn) -> None:
        self._connection = connection
        self._warnings: list[str] = []
        connection.notice_handler = self._hear

    @classmethod
    async def call(cls, login: Login, deadline: float) -> Counter:
        """Connect and log in. Raises Refused or OutOfPatience."""
        connection = pq.PGconn.connect_start(login.conninfo)
        try:
            while (state := connection.connect_poll()) != pq.PollingStatus.OK:
                if state == pq.PollingStatus.FAILED:
                    raise Refused(_said(connection))
                await _ready(connection.socket, state == pq.PollingStatus.WRITING, deadline)
            connection.nonblocking = 1
        except psycopg.Error as broken:
            connection.finish()
            raise Refused(str(broken).strip()) from broken
        except BaseException:
            connection.finish()
            raise
        return cls(connection)

    async def ask(self, query: str, parameters: Sequence[str] = (), *, deadline: float) -> Answer:
        """Send one statement and wait for its result. After Refused or OutOfPatience the connection is of no use."""
        self.send(query, parameters)
        return await self.answer(deadline)

    def send(self, query: str, parameters: Sequence[str] = ()) -> None:
        """Hand the statement to the connection; Refused when the connection is known to be gone."""
        self._warnings.clear()
        try:
            if parameters:
                self._connection.send_query_params(query.encode(), [parameter.encode() for parameter in parameters])
            else:
                self._connection.send_query(query.encode())
        except psycopg.Error as broken:
            raise Refused(str(broken)) from broken

    async def answer(self, deadline: float) -> Answer:
        """The result of what was sent."""
        try:
            while self._connection.flush():
                await _ready(self._connection.socket, True, deadline)
            results: list[pq.abc.PGresult] = []
            while True:
                while self._connection.is_busy():
                    await _ready(self._connection.socket, False, deadline)
                    self._connection.consume_input()
                result = self._connection.get_result()
                if result is None:
                    return self._read(results)
                results.append(result)
        except psycopg.Error as broken:
            raise Refused(str(broken).strip()) from broken

    def hang_up(self) -> None:
        """Close at once, without a word to the server that could block."""
        self._connection.finish()

    def _read(self, results: Sequence[pq.abc.PGresult]) -> Answer:
        rows: list[tuple[str, ...]] = []
        for result in results:
            if result.status not in (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK):
                raise Refused(result.get_error_message().strip())
            rows += [
                tuple((result.get_value(row, column) or b"").decode() for column in range(result.nfields))
                for row in range(result.ntuples)
            ]
        tag = (results[-1].command_status or b"").decode() if results else ""
        return Answer(tag, tuple(rows), tuple(self._warnings))

    def _hear(self, notice: pq.abc.PGresult) -> None:
        if notice.error_field(pq.DiagnosticField.SEVERITY_NONLOCALIZED) == b"WARNING":
            self._warnings.append((notice.error_field(pq.DiagnosticField.MESSAGE_PRIMARY) or b"").decode())


def _said(connection: pq.abc.PGconn) -> str:
    return connection.get_error_message().strip()


async def _ready(descriptor: int, writing: bool, deadline: float) -> None:
    """Until the socket can be read (or written); OutOfPatience at the deadline."""
    loop = asyncio.get_running_loop()
    came: asyncio.Future[None] = loop.create_future()

    def end(error: Exception | None = None) -> None:
        if not came.done():
            came.set_result(None) if error is None else came.set_exception(error)

    watch, unwatch = (loop.add_writer, loop.remove_writer) if writing else (loop.add_reader, loop.remove_reader)

    def give_up() -> None:
        late = loop.time() > deadline + LATE
        end(Late("the drill was late") if late else OutOfPatience(SILENCE))

    watch(descriptor, end)
    alarm = loop.call_at(deadline, give_up)
    try:
        await came
    finally:
        alarm.cancel()
        unwatch(descriptor)
