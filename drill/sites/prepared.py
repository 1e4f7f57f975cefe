"""Transactions that a server has prepared: which they are, and their end in a copy that is thrown away."""

from __future__ import annotations

import json
from typing import LiteralString

from drill.seals import Prepared

# Names in hexadecimal digits: one that was given in a database of another encoding need be no text in this one.
# A standby shows none of those that there are.
LISTED: LiteralString = """
select case when not pg_catalog.pg_is_in_recovery() then (
  select coalesce(pg_catalog.json_agg(pg_catalog.json_build_array(
    p.transaction::text::bigint, pg_catalog.encode(pg_catalog.textsend(p.gid), 'hex'),
    pg_catalog.encode(pg_catalog.textsend(coalesce(p.owner::text, 'nobody')), 'hex'),
    pg_catalog.encode(pg_catalog.textsend(p.database::text), 'hex')) order by p.prepared, p.transaction::text), '[]')
  from pg_catalog.pg_prepared_xacts p)::text end
"""
# For psql, in the database of each: nobody may end one from elsewhere.
ROLL_BACK: LiteralString = """
select pg_catalog.format('rollback prepared %L', p.gid) from pg_catalog.pg_prepared_xacts p
where p.database = pg_catalog.current_database() \\gexec
"""


def listed(told: str) -> tuple[Prepared, ...]:
    """Out of what that query says, in the order in which they were prepared."""
    return tuple(Prepared(number, *map(_text, names)) for number, *names in json.loads(told))


def _text(digits: str) -> str:
    return bytes.fromhex(digits).decode(errors="replace")
