"""Somebody's live server, alone on a machine: it is sealed and copied, and what is made of that is verified."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from psycopg import sql

from drill.hosts import Premises
from drill.hosts.cable import Cable
from drill.hosts.mark import new_run_id
from drill.sites.keys import Keys
from drill.sites.origin import Origin
from drill.sites.site import Site

# Beside the data folder, where archive_command is executed; a segment has its name when it is whole.
_COMMAND = "mkdir -p ../archive && cp %p ../archive/.part && mv ../archive/.part ../archive/%f"
ARCHIVING = {"archive_mode": "on", "archive_command": _COMMAND}
ROLES = "create role boss; create role clerk login; grant boss to clerk"
BANK = """
create table account (id int generated always as identity primary key, owner text not null, balance numeric(12,2) check (balance > -1000));
insert into account (owner, balance) select 'owner ' || i, i * 1.10 from generate_series(1, 500) i;
create table entry (id serial primary key, account int references account, body jsonb, tags text[], at timestamptz default now());
insert into entry (account, body, tags) select 1 + i % 500, jsonb_build_object('n', i), array[i::text] from generate_series(1, 900) i;
create index by_account on entry (account);
create view rich as select id from account where balance > 100;
create function twice(i int) returns int language sql immutable as 'select 2 * i';
create function kept() returns trigger language plpgsql as 'begin return new; end';
create trigger keep before update on account for each row execute function kept();
grant select on account to clerk;
alter table entry owner to boss;
alter table entry enable row level security;
create policy own on entry using (account = 1);
select lo_from_bytea(4711, 'a letter');
"""  # noqa: E501


@contextmanager
def bare(premises: Premises, keys: Keys | None = None) -> Iterator[Site]:
    """A machine with nothing on its disk; keys of another site where it is to open a copy of that one's cluster."""
    with ExitStack() as opened:
        run_id = new_run_id()
        host, _ = opened.enter_context(premises.hosts(run_id))
        cable = opened.enter_context(Cable.laid(run_id))
        yield opened.enter_context(Site("home", host, cable, keys or Keys(), lambda *_: None).open())


@contextmanager
def lone(premises: Premises, settings: Mapping[str, str] | None = None, *options: str) -> Iterator[Site]:
    """A server that was made with these options of initdb and started with these settings, empty."""
    with bare(premises) as site:
        site.start(site.initialise("data", *options), {"fsync": "off", **(settings or {})})
        yield site


def create_bank(site: Site, *databases: str) -> None:
    """The roles, and these databases, which hold the same."""
    first, *others = databases
    with site.console() as console:
        console.execute(ROLES)
        console.execute(sql.SQL("create database {} template template0").format(sql.Identifier(first)))
        with site.console(first) as inside:
            inside.execute(BANK.encode())
        for name in others:
            names = map(sql.Identifier, (name, first))
            console.execute(sql.SQL("create database {} template {}").format(*names))


def origin_of(site: Site, folder: Path, database: str = "postgres") -> Origin:
    """How a program of outside reaches it; the password lies in a file of that folder."""
    door, passfile = site.door(), folder / "passfile"
    passfile.write_text(door.pass_line)
    passfile.chmod(0o600)
    return Origin.named(f"host={door.host} port={door.port} user={door.user} dbname={database} passfile={passfile}")


def stop_in_order(site: Site) -> None:
    """The server ends as it should; its disk stays as it is, and all of its log is archived."""
    argv = [site.program("pg_ctl"), "stop", "-D", str(site.data), "-m", "fast"]
    site.host.run(argv, deadline=60)
