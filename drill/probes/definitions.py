"""Parts of the queries that tell how an object is defined: whose it is, who may do what with it, what is not said."""

from __future__ import annotations

from typing import LiteralString

_OURS: LiteralString = "n.nspname not in ('pg_catalog', 'information_schema') and n.nspname !~ '^pg_(toast|temp)'"
NOBODYS: LiteralString = "not exists (select from pg_depend e where e.deptype = 'e' and e.objid = {oid} and e.classid = '{catalogue}'::regclass)"


def of(catalogue: LiteralString, oid: LiteralString) -> LiteralString:
    return _OURS + " and " + NOBODYS.replace("{oid}", oid).replace("{catalogue}", catalogue)


def granted(acl: LiteralString, only: LiteralString) -> LiteralString:
    """Who may do what, sorted, of a list of rights (each of them `a`) those for which that holds; null for none."""
    return (
        "(select string_agg(r, ', ' order by r) from (select coalesce(g.rolname, 'public') || '='"
        " || string_agg(a.privilege_type || case when a.is_grantable then '*' else '' end, ' ' order by"
        " a.privilege_type) as r from aclexplode(" + acl + ") a left join pg_roles g on g.oid = a.grantee"
        " where " + only + " group by g.rolname) granted)"
    )


def grants(acl: LiteralString, kind: LiteralString, owner: LiteralString) -> LiteralString:
    """Who may do what, sorted; the defaults written out, as a dump would leave them unsaid.

    Without MAINTAIN, which only PostgreSQL 17 and later know.
    """
    whole: LiteralString = "coalesce(" + acl + ", acldefault('" + kind + "', " + owner + "))"
    return "coalesce(" + granted(whole, "a.privilege_type <> 'MAINTAIN'") + ", '')"


# What leads to another server may hold a secret, so that only its fingerprint is told.
HIDDEN: LiteralString = "(select 'options ' || md5(string_agg(o, ' ' order by o)) from unnest({}) o)"
RELATION: LiteralString = "n.nspname || '.' || c.relname"
