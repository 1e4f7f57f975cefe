"""Kinds of objects that few databases have, and what few ask of the common ones, by kind and name as the others are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import LiteralString

from drill.probes.definitions import HIDDEN, NOBODYS, RELATION, granted, grants, of


def _acl(kind: LiteralString, named: LiteralString, columns: LiteralString, source: LiteralString) -> LiteralString:
    """SELECT of objects and of their rights; `columns` are owner, acl, class and oid, and of a column its number."""
    return "select " + named + " as name, '" + kind + '\'::"char" as kind, ' + columns + " from " + source


def _regranted(*some: LiteralString) -> LiteralString:
    """What somebody may do with an object of the server or of an extension, where it is not what came with that."""
    default = "acldefault(o.kind, o.owner)"
    return (
        "select o.name, coalesce(o.now, 'nobody') from (select o.name, " + granted("coalesce(o.acl, " + default + ")", "a.grantee <> o.owner")
        + " as now, " + granted("coalesce(p.initprivs, " + default + ")", "a.grantee <> o.owner") + " as born from ("
        + " union all ".join(some) + ") o left join pg_init_privs p on p.objoid = o.oid and p.classoid = o.class and p.objsubid = o.part"
        " where o.acl is not null or p.initprivs is not null) o where o.now is distinct from o.born"
    )  # fmt: skip


def _theirs(catalogue: LiteralString, oid: LiteralString) -> LiteralString:
    """Of the server itself, or of an extension."""
    return "(" + oid + " < 16384 or " + _of_an_extension(catalogue, oid) + ")"


def _of_an_extension(catalogue: LiteralString, oid: LiteralString) -> LiteralString:
    return "not " + NOBODYS.replace("{oid}", oid).replace("{catalogue}", catalogue)


def _nobodys(catalogue: LiteralString, oid: LiteralString) -> LiteralString:
    return oid + " >= 16384 and " + NOBODYS.replace("{oid}", oid).replace("{catalogue}", catalogue)


# The major version that first knows it: a seal of an older one says nothing of it.
SINCE: Mapping[str, int] = {
    **{"published schemas": 15, "maintainers": 17, "ways of memberships": 16, "parameters": 15},
    "publications of generated columns": 18,
}
# Of the server itself or of an extension, beside functions and relations.
_OTHERS: LiteralString = _regranted(
    _acl("n", "'schema ' || n.nspname", "n.nspowner as owner, n.nspacl as acl, 'pg_namespace'::regclass as class, n.oid, 0 as part",
    "pg_namespace n where n.nspname in ('pg_catalog', 'information_schema') or " + _of_an_extension("pg_namespace", "n.oid")),
    _acl("l", "'language ' || l.lanname", "l.lanowner, l.lanacl, 'pg_language'::regclass, l.oid, 0",
    "pg_language l where " + _of_an_extension("pg_language", "l.oid")),
    _acl("F", "'foreign data wrapper ' || w.fdwname", "w.fdwowner, w.fdwacl, 'pg_foreign_data_wrapper'::regclass, w.oid, 0",
    "pg_foreign_data_wrapper w where " + _of_an_extension("pg_foreign_data_wrapper", "w.oid")),
    _acl("T", "'type ' || t.oid::regtype", "t.typowner, t.typacl, 'pg_type'::regclass, t.oid, 0",
    "pg_type t where t.typacl is not null and " + _theirs("pg_type", "t.oid")),
    _acl("s", "'sequence ' || c.oid::regclass", "c.relowner, c.relacl, 'pg_class'::regclass, c.oid, 0",
    "pg_class c where c.relkind = 'S' and " + _theirs("pg_class", "c.oid")),
    _acl("c", "'column ' || c.oid::regclass || '.' || a.attname", "c.relowner, a.attacl, 'pg_class'::regclass, c.oid, a.attnum",
    "pg_attribute a join pg_class c on c.oid = a.attrelid where a.attacl is not null and " + _theirs("pg_class", "c.oid")),
)  # fmt: skip

RARE: Mapping[str, LiteralString] = {
    "published schemas": "select p.pubname || ' of ' || n.nspname, '' from pg_publication_namespace s"
    " join pg_publication p on p.oid = s.pnpubid join pg_namespace n on n.oid = s.pnnspid",
    "owners of publications": "select p.pubname, pg_get_userbyid(p.pubowner) from pg_publication p",
    "owners of event triggers": "select v.evtname, pg_get_userbyid(v.evtowner) from pg_event_trigger v where "
    + _nobodys("pg_event_trigger", "v.oid"),
    "maintainers": "select " + RELATION + ", " + granted("c.relacl", "a.grantee <> c.relowner and a.privilege_type = 'MAINTAIN'")
    + " from pg_class c join pg_namespace n on n.oid = c.relnamespace where " + of("pg_class", "c.oid")
    + " and exists (select from aclexplode(c.relacl) x where x.privilege_type = 'MAINTAIN' and x.grantee <> c.relowner)",
    "rights on functions of others": _regranted(_acl("f", "p.oid::regprocedure::text",
    "p.proowner as owner, p.proacl as acl, 'pg_proc'::regclass as class, p.oid, 0 as part", "pg_proc p where " + _theirs("pg_proc", "p.oid"))),
    "rights on relations of others": _regranted(_acl("r", "c.oid::regclass::text",
    "c.relowner as owner, c.relacl as acl, 'pg_class'::regclass as class, c.oid, 0 as part",
    "pg_class c where c.relkind in ('r', 'p', 'v', 'm', 'f') and " + _theirs("pg_class", "c.oid"))),
    "rights on objects of others": _OTHERS,
    "foreign data wrappers": "select w.fdwname, concat_ws(' ', pg_get_userbyid(w.fdwowner), nullif(w.fdwhandler, 0)::regprocedure,"
    " nullif(w.fdwvalidator, 0)::regprocedure, " + HIDDEN.replace("{}", "w.fdwoptions") + ", " + grants("w.fdwacl", "F", "w.fdwowner")
    + ") from pg_foreign_data_wrapper w where " + _nobodys("pg_foreign_data_wrapper", "w.oid"),
    "transforms": "select t.trftype::regtype || ' for ' || l.lanname, concat_ws(' ', nullif(t.trffromsql, 0)::regprocedure,"
    " nullif(t.trftosql, 0)::regprocedure) from pg_transform t join pg_language l on l.oid = t.trflang where "
    + _nobodys("pg_transform", "t.oid"),
    "conversions": "select n.nspname || '.' || v.conname, concat_ws(' ', pg_get_userbyid(v.conowner), v.conforencoding,"
    " v.contoencoding, v.conproc, v.condefault) from pg_conversion v join pg_namespace n on n.oid = v.connamespace where "
    + of("pg_conversion", "v.oid"),
    "access methods": "select m.amname, concat_ws(' ', m.amtype::text, m.amhandler) from pg_am m where "
    + _nobodys("pg_am", "m.oid"),
    "text search parsers": "select n.nspname || '.' || p.prsname, concat_ws(' ', p.prsstart, p.prstoken, p.prsend,"
    " p.prsheadline, p.prslextype) from pg_ts_parser p join pg_namespace n on n.oid = p.prsnamespace where "
    + of("pg_ts_parser", "p.oid"),
    "text search templates": "select n.nspname || '.' || t.tmplname, concat_ws(' ', t.tmplinit, t.tmpllexize)"
    " from pg_ts_template t join pg_namespace n on n.oid = t.tmplnamespace where " + of("pg_ts_template", "t.oid"),
    "locales of collations": "select n.nspname || '.' || l.collname, concat_ws(' ', pg_get_userbyid(l.collowner), l.collctype,"
    " coalesce(to_jsonb(l) ->> 'colllocale', to_jsonb(l) ->> 'colliculocale'), to_jsonb(l) ->> 'collicurules')"
    " from pg_collation l join pg_namespace n on n.oid = l.collnamespace where " + of("pg_collation", "l.oid"),
    "traits of operators": "select o.oid::regoperator::text, concat_ws(' ', pg_get_userbyid(o.oprowner),"
    " nullif(o.oprcom, 0)::regoperator, nullif(o.oprnegate, 0)::regoperator, nullif(o.oprrest, 0)::regproc,"
    " nullif(o.oprjoin, 0)::regproc, o.oprcanhash, o.oprcanmerge) from pg_operator o"
    " join pg_namespace n on n.oid = o.oprnamespace where o.oprcode <> 0 and " + of("pg_operator", "o.oid"),
    "composite types": "select n.nspname || '.' || t.typname, concat_ws(' ', pg_get_userbyid(t.typowner), "
    + grants("t.typacl", "T", "t.typowner") + ") from pg_type t join pg_class c on c.oid = t.typrelid and c.relkind = 'c'"
    " join pg_namespace n on n.oid = t.typnamespace where " + of("pg_type", "t.oid"),
    "traits of ranges": "select n.nspname || '.' || t.typname, concat_ws(' ', nullif(r.rngcanonical, 0)::regproc,"
    " nullif(r.rngsubdiff, 0)::regproc, (select l.collname from pg_collation l where l.oid = r.rngcollation))"
    " from pg_range r join pg_type t on t.oid = r.rngtypid join pg_namespace n on n.oid = t.typnamespace where "
    + of("pg_type", "t.oid"),
    "orders of ranges": "select n.nspname || '.' || t.typname, (select m.nspname || '.' || o.opcname from pg_opclass o"
    " join pg_namespace m on m.oid = o.opcnamespace where o.oid = r.rngsubopc)"
    " from pg_range r join pg_type t on t.oid = r.rngtypid join pg_namespace n on n.oid = t.typnamespace where "
    + of("pg_type", "t.oid"),
    "base types": "select n.nspname || '.' || t.typname, concat_ws(' ', pg_get_userbyid(t.typowner), t.typinput, t.typoutput,"
    " nullif(t.typreceive, 0)::regproc, nullif(t.typsend, 0)::regproc, nullif(t.typmodin, 0)::regproc,"
    " nullif(t.typmodout, 0)::regproc, nullif(t.typsubscript, 0)::regproc, nullif(t.typelem, 0)::regtype, t.typlen, t.typbyval,"
    " t.typalign::text, t.typcategory::text, t.typispreferred, t.typdelim::text, t.typcollation <> 0, t.typdefault, "
    + grants("t.typacl", "T", "t.typowner") + ") from pg_type t join pg_namespace n on n.oid = t.typnamespace"
    " where t.typtype = 'b' and not exists (select from pg_type e where e.typarray = t.oid) and " + of("pg_type", "t.oid"),
    "collations of domains": "select n.nspname || '.' || t.typname, m.nspname || '.' || l.collname from pg_type t"
    " join pg_namespace n on n.oid = t.typnamespace join pg_type b on b.oid = t.typbasetype and b.typcollation <> t.typcollation"
    " join pg_collation l on l.oid = t.typcollation join pg_namespace m on m.oid = l.collnamespace where t.typtype = 'd' and "
    + of("pg_type", "t.oid"),
    # an heir has first what it inherits, once it is restored
    "orders of columns": "select " + RELATION + ", string_agg(quote_ident(a.attname), ' ' order by a.attnum) from pg_attribute a"
    " join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where a.attnum > 0 and not a.attisdropped"
    " and c.relkind in ('r', 'p', 'f', 'c') and (c.relispartition or not exists (select from pg_inherits i where i.inhrelid = c.oid))"
    " and " + of("pg_class", "c.oid") + " group by 1",
    "schemas of collations": "select o.name, m.nspname || '.' || l.collname from (select " + RELATION + " || '.' || a.attname as name,"
    " a.attcollation as oid from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
    " where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and " + of("pg_class", "c.oid")
    + " union all select n.nspname || '.' || t.typname, r.rngcollation from pg_range r join pg_type t on t.oid = r.rngtypid"
    " join pg_namespace n on n.oid = t.typnamespace where " + of("pg_type", "t.oid") + ") o join pg_collation l on l.oid = o.oid"
    " join pg_namespace m on m.oid = l.collnamespace where m.nspname <> 'pg_catalog'",
    "typed tables": "select " + RELATION + ", c.reloftype::regtype::text from pg_class c join pg_namespace n"
    " on n.oid = c.relnamespace where c.reloftype <> 0 and " + of("pg_class", "c.oid"),
    "access methods of tables": "select " + RELATION + ", a.amname from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " join pg_am a on a.oid = c.relam where c.relkind in ('r', 'm') and a.amname <> 'heap' and " + of("pg_class", "c.oid"),
    "columns of sequences": "select " + RELATION + ", d.refobjid::regclass || '.' || a.attname from pg_depend d"
    " join pg_class c on c.oid = d.objid and c.relkind = 'S' join pg_namespace n on n.oid = c.relnamespace"
    " join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid where d.classid = 'pg_class'::regclass"
    " and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') and " + of("pg_class", "c.oid"),
    "options of foreign columns": "select " + RELATION + " || '.' || a.attname, " + HIDDEN.replace("{}", "a.attfdwoptions")
    + " from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
    " where a.attfdwoptions is not null and not a.attisdropped and " + of("pg_class", "c.oid"),
    "operator families": "select n.nspname || '.' || f.opfname || ' of ' || m.amname, concat_ws(' ', pg_get_userbyid(f.opfowner),"
    " (select string_agg(concat_ws(' ', a.amopstrategy, a.amopopr::regoperator, (select s.opfname from pg_opfamily s"
    " where s.oid = a.amopsortfamily)), ', ' order by a.amopstrategy, a.amopopr::regoperator::text)"
    " from pg_amop a where a.amopfamily = f.oid), (select string_agg(a.amprocnum || ' ' || a.amproc::regprocedure, ', '"
    " order by a.amprocnum, a.amproc::regprocedure::text) from pg_amproc a where a.amprocfamily = f.oid))"
    " from pg_opfamily f join pg_am m on m.oid = f.opfmethod join pg_namespace n on n.oid = f.opfnamespace where "
    + of("pg_opfamily", "f.oid"),
    "moving aggregates": "select g.aggfnoid::regprocedure::text, concat_ws(' ', nullif(g.aggmtranstype, 0)::regtype, g.aggminitval,"
    " g.aggmfinalextra, g.aggfinalmodify::text, g.aggmfinalmodify::text) from pg_aggregate g"
    " join pg_proc p on p.oid = g.aggfnoid join pg_namespace n on n.oid = p.pronamespace where " + of("pg_proc", "p.oid"),
    # whether it is at work is no part of this: no dump says so
    "ways of subscriptions": "select s.subname, concat_ws(' ', md5(s.subconninfo), quote_nullable(s.subslotname), s.subsynccommit,"
    " s.subbinary, s.substream::text, to_jsonb(s) ->> 'subtwophasestate' <> 'd', to_jsonb(s) ->> 'suborigin',"
    " to_jsonb(s) ->> 'subdisableonerr', to_jsonb(s) ->> 'subpasswordrequired', to_jsonb(s) ->> 'subrunasowner',"
    " to_jsonb(s) ->> 'subfailover') from pg_subscription s"
    " where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())",
    "publications of generated columns": "select p.pubname, to_jsonb(p) ->> 'pubgencols' from pg_publication p",
    "security labels": "select o.type || ' ' || o.identity || ' for ' || l.provider, l.label from pg_seclabel l,"
    " pg_identify_object(l.classoid, l.objoid, l.objsubid) o",
}  # fmt: skip

# Where a role was granted by several, a dump's file of roles leaves of these what came last.
SHARED_RARE: Mapping[str, LiteralString] = {
    "ways of memberships": "select g.rolname || ' for ' || m.rolname, case when count(*) = 1 then concat_ws(' ',"
    " case when bool_or((to_jsonb(a) ->> 'inherit_option')::boolean) then 'inherits' end,"
    " case when bool_or((to_jsonb(a) ->> 'set_option')::boolean) then 'sets' end) else 'several' end from pg_auth_members a"
    " join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member where m.rolname !~ '^pg_' group by 1",
    "parameters": "select p.parname, " + granted("p.paracl", "a.grantee <> 10") + " from pg_parameter_acl p"
    " where " + granted("p.paracl", "a.grantee <> 10") + " is not null",
}  # fmt: skip
