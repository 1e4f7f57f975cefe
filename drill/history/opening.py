"""Opening the database of the history, and bringing its tables up to date."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import NullPool

from drill.errors import CannotRun, ScenarioError
from drill.history.migrations import HEAD

VARIABLE = "DRILL_HISTORY_URL"
_BUSY = 30.0  # seconds to wait for another drill that writes
_LOCK = 0x6472696C6C  # of PostgreSQL, while the tables are changed
_HINT = f"{VARIABLE} names another database, as postgresql://user@host/name or sqlite:////folder/file"


def opened(*, begins: bool = True) -> Engine:
    """The database that the environment names, else a file in the user's state folder, with today's tables.

    ScenarioError for an address that is none, or where none `begins` and there is none; CannotRun where it cannot be
    opened, or a newer program made it.
    """
    url = _address()
    if not begins and not begun():
        raise _none_yet(url)
    engine = _of_sqlite(url) if url.get_backend_name() == "sqlite" else create_engine(url, poolclass=NullPool)
    try:
        version = _version(engine)
        if version is None and not begins:
            raise _none_yet(url)
        if version != HEAD:
            with engine.connect().execution_options(writes=True) as connection, connection.begin():
                _migrate(connection)
    except (DBAPIError, OSError) as refused:
        raise failed(url, refused) from refused
    return engine


def begun() -> bool:
    """Is there a history? Whoever only asks what was earlier makes none."""
    url = _address()
    return url.get_backend_name() != "sqlite" or url.database is None or Path(url.database).is_file()


class NoHistory(ScenarioError):
    """There is none yet."""


def _none_yet(url: URL) -> NoHistory:
    where = url.render_as_string(hide_password=True)
    return NoHistory(f"there is no history at {where} yet", hint=f"`drill run` begins it; {_HINT}")


def failed(url: URL, refused: Exception) -> CannotRun:
    """What to say of a database that does not do what it should; its password is not told."""
    said = str(getattr(refused, "orig", None) or refused).strip().splitlines()[0]
    return CannotRun(f"the history at {url.render_as_string(hide_password=True)}: {said}", hint=_HINT)


def _address() -> URL:
    given = os.environ.get(VARIABLE)
    if not given:
        return URL.create("sqlite", database=str(_state_folder() / "history.sqlite"))
    try:
        url = make_url(given)
    except ArgumentError:
        raise ScenarioError(f"{VARIABLE} is no address of a database", hint=_HINT) from None  # it may hold a password
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise ScenarioError(f"{VARIABLE} names a {backend}: a history is kept in SQLite or PostgreSQL", hint=_HINT)
    return url if backend == "sqlite" else url.set(drivername="postgresql+psycopg")


def _state_folder() -> Path:
    from platformdirs import user_state_path

    return user_state_path("drill")


def _of_sqlite(url: URL) -> Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as refused:
            raise failed(url, refused) from refused
    settings = {"timeout": _BUSY, "isolation_level": None}
    engine = create_engine(url, poolclass=NullPool, connect_args=settings)

    @event.listens_for(engine, "connect")
    def _settings(connection: Any, _: Any) -> None:
        for pragma in ("journal_mode = wal", "foreign_keys = on", "synchronous = full"):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # who will write waits at the beginning; in the middle SQLite would refuse it at once
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("begin immediate" if writes else "begin")

    return engine


def _version(engine: Engine) -> str | None:
    """Which migration its tables are of; None without tables."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("select version_num from alembic_version")).scalar()


def _migrate(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util.exc import CommandError

    if connection.dialect.name == "postgresql":
        connection.execute(text(f"select pg_advisory_xact_lock({_LOCK})"))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    try:
        command.upgrade(config, HEAD)
    except CommandError as unknown:
        hint = "read it with the program that wrote it, or name another database"
        raise CannotRun(f"a newer program made the history: {unknown}", hint=hint) from unknown
