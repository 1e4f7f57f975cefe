"""Looks whether the library of every compiled function can be loaded, and has it.

No function is called. A library does what it does on loading, in the session of the probe.
"""

from __future__ import annotations

from typing import Any, LiteralString

import psycopg

from drill.evidence import Observation
from drill.probes.borrowed import Absent, sandbox
from drill.probes.look import Look, printable

# Those of the server itself need no look: where one of them is missing, it does not start. An aggregate has no code.
_FUNCTIONS: LiteralString = """
select p.oid::bigint, p.oid::regprocedure::text, l.lanname = 'c', coalesce(p.probin, '')
from pg_proc p
join pg_language l on l.oid = p.prolang
left join pg_namespace n on n.oid = p.pronamespace
where p.prokind <> 'a'
  and (l.lanname = 'c' or l.lanname = 'internal' and n.nspname is distinct from 'pg_catalog')
order by 2, 1
"""
_VALID: dict[bool, LiteralString] = {
    True: "select fmgr_c_validator(%s::oid)",
    False: "select fmgr_internal_validator(%s::oid)",
}


def functions(console: psycopg.Connection[Any]) -> Observation:
    """A symbol that its library has not is wrong; a library that this server has not, or cannot load, is unseen.

    The console is in autocommit; psycopg.Error when its connection is gone.
    """
    look = Look(console)
    with look.over(), sandbox(console):
        for oid, name, compiled, library in console.execute(_FUNCTIONS).fetchall():
            thing = f"function {printable(name)}"
            with look.at(thing):
                try:
                    console.execute(_VALID[compiled], (oid,))
                except psycopg.errors.UndefinedFunction as missing:
                    look.wrong.append(f"{thing}: {_said(missing)}")
                except psycopg.Error as refused:
                    if console.closed:
                        raise
                    raise Absent(_said(refused), thing=f"library {printable(library)}") from refused
    return look.observation


def _said(error: psycopg.Error) -> str:
    """The server's words, which name a library and a symbol."""
    return printable(error.diag.message_primary or str(error))
