"""Looks at the schema: every object of a database by kind and name, each with a definition that can be compared.

Left out is what harms nobody when it differs: comments, statistics, storage parameters, the order of catalogue rows;
and the versions of collations, which are those of the machine.
What belongs to an extension is named by the extension and its version.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, LiteralString

import psycopg

from drill.digest import Form
from drill.probes.definitions import HIDDEN, NOBODYS, RELATION, grants, of
from drill.probes.large_objects import content_of
from drill.probes.rare_objects import RARE, SHARED_RARE, SINCE

_OPTIONS: LiteralString = (
    "(select coalesce(string_agg(o, ' ' order by o), '') from unnest(c.reloptions) o"
    " where o ~ '^(security_barrier|security_invoker|check_option)=')"
)
# Read whole by superusers alone.
OF_SUPERUSERS = frozenset({"user mapping options"})
KINDS: Mapping[str, LiteralString] = {
    "schemas": "select n.nspname, pg_get_userbyid(n.nspowner) || ' ' || " + grants("n.nspacl", "n", "n.nspowner")
    + " from pg_namespace n where " + of("pg_namespace", "n.oid"),
    "relations": "select " + RELATION + ", concat_ws(' ', c.relkind::text, c.relpersistence::text,"
    " case when c.relrowsecurity then 'row security' end, case when c.relforcerowsecurity then 'forced' end,"
    " case when c.relkind in ('r', 'p', 'm') and c.relreplident <> 'd' then 'known by ' || case c.relreplident"
    " when 'f' then 'all columns' when 'n' then 'nothing' else (select x.indexrelid::regclass::text from pg_index x"
    " where x.indrelid = c.oid and x.indisreplident) end end, pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid),"
    " (select string_agg(i.inhparent::regclass::text, ' ' order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid), "
    + _OPTIONS + ", case when c.relkind = 'm' and not c.relispopulated then 'never filled' end,"
    " (select s.srvname || ' ' || coalesce(" + HIDDEN.replace("{}", "f.ftoptions") + ", '') from pg_foreign_table f"
    " join pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid))"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and " + of("pg_class", "c.oid"),
    "owners": "select " + RELATION + ", pg_get_userbyid(c.relowner) from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and "
    + of("pg_class", "c.oid"),
    "grants": "select " + RELATION + ", " + "case when c.relkind = 'S' then "
    + grants("c.relacl", "s", "c.relowner") + " else " + grants("c.relacl", "r", "c.relowner") + " end"
    " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
    " where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and " + of("pg_class", "c.oid"),
    "columns": "select " + RELATION + " || '.' || a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),"
    " case when a.attnotnull then 'not null' end, nullif(a.attidentity::text, ''), nullif(a.attgenerated::text, ''),"
    " (select l.collname from pg_collation l where l.oid = a.attcollation and l.collname <> 'default'),"
    " (select pg_get_expr(d.adbin, d.adrelid) from pg_attrdef d where d.adrelid = c.oid and d.adnum = a.attnum),"
    " (select string_agg(x::text, ' ' order by x::text) from unnest(a.attacl) x))"
    " from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace"
    " where a.attnum > 0 and not a.attisdropped and c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and "
    + of("pg_class", "c.oid"),
    "views": "select " + RELATION + ", pg_get_viewdef(c.oid) from pg_class c"
    " join pg_namespace n on n.oid = c.relnamespace where c.relkind in ('v', 'm') and " + of("pg_class", "c.oid"),
    "triggers": "select " + RELATION + " || '.' || t.tgname, t.tgenabled::text || ' ' || pg_get_triggerdef(t.oid)"
    " from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace"
    " where not t.tgisinternal and " + of("pg_class", "c.oid"),
    "rules": "select " + RELATION + " || '.' || r.rulename, r.ev_enabled::text || ' ' || pg_get_ruledef(r.oid)"
    " from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace"
    " where r.rulename <> '_RETURN' and " + of("pg_class", "c.oid"),
    "policies": "select " + RELATION + " || '.' || p.polname, concat_ws(' ', p.polcmd::text, p.polpermissive::text,"
    " (select string_agg(coalesce(g.rolname, 'public'), ' ' order by g.rolname) from unnest(p.polroles) o"
    " left join pg_roles g on g.oid = o), pg_get_expr(p.polqual, p.polrelid),"
    " pg_get_expr(p.polwithcheck, p.polrelid)) from pg_policy p join pg_class c on c.oid = p.polrelid"
    " join pg_namespace n on n.oid = c.relnamespace where " + of("pg_class", "c.oid"),
    "sequences": "select " + RELATION + ", concat_ws(' ', format_type(s.seqtypid, null), s.seqstart, s.seqincrement,"
    " s.seqmin, s.seqmax, s.seqcache, s.seqcycle) from pg_sequence s join pg_class c on c.oid = s.seqrelid"
    " join pg_namespace n on n.oid = c.relnamespace where " + of("pg_class", "c.oid"),
    "functions": "select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',"
    " concat_ws(' ', pg_get_userbyid(p.proowner), case when p.prokind = 'a' then (select concat_ws(' ', g.aggtransfn,"
    " g.aggfinalfn, g.agginitval, format_type(g.aggtranstype, null)) from pg_aggregate g where g.aggfnoid = p.oid)"
    " else pg_get_functiondef(p.oid) end, " + grants("p.proacl", "f", "p.proowner") + ")"
    " from pg_proc p join pg_namespace n on n.oid = p.pronamespace where " + of("pg_proc", "p.oid"),
    "types": "select n.nspname || '.' || t.typname, concat_ws(' ', t.typtype::text, pg_get_userbyid(t.typowner),"
    " (select string_agg(quote_literal(e.enumlabel), ',' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),"
    " case when t.typtype = 'd' then concat_ws(' ', format_type(t.typbasetype, t.typtypmod), t.typnotnull, t.typdefault,"
    " (select string_agg(pg_get_constraintdef(k.oid), ' ' order by k.conname) from pg_constraint k"
    " where k.contypid = t.oid and k.contype = 'c')) end,"
    " (select format_type(r.rngsubtype, null) from pg_range r where r.rngtypid = t.oid))"
    " from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('d', 'e', 'r', 'm') and "
    + of("pg_type", "t.oid"),
    "extensions": "select x.extname, x.extversion || ' in ' || n.nspname from pg_extension x"
    " join pg_namespace n on n.oid = x.extnamespace",
    "collations": "select n.nspname || '.' || l.collname, concat_ws(' ', l.collprovider::text, l.collcollate,"
    " l.collisdeterministic::text) from pg_collation l join pg_namespace n on n.oid = l.collnamespace where "
    + of("pg_collation", "l.oid"),
    "event triggers": "select v.evtname, concat_ws(' ', v.evtevent, v.evtenabled::text, v.evtfoid::regprocedure,"
    " array_to_string(v.evttags, ' ')) from pg_event_trigger v",
    "default privileges": "select concat_ws(' ', pg_get_userbyid(d.defaclrole), n.nspname, d.defaclobjtype::text),"
    " (select string_agg(x::text, ' ' order by x::text) from unnest(d.defaclacl) x) from pg_default_acl d"
    " left join pg_namespace n on n.oid = d.defaclnamespace",
    "publications": "select p.pubname, concat_ws(' ', p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete,"
    " p.pubtruncate, p.pubviaroot, (select string_agg(r.prrelid::regclass::text, ' ' order by r.prrelid::regclass::text)"
    " from pg_publication_rel r where r.prpubid = p.oid)) from pg_publication p",
    "foreign servers": "select s.srvname, concat_ws(' ', pg_get_userbyid(s.srvowner), w.fdwname, s.srvtype,"
    " s.srvversion, " + HIDDEN.replace("{}", "s.srvoptions") + ", " + grants("s.srvacl", "S", "s.srvowner")
    + ") from pg_foreign_server s join pg_foreign_data_wrapper w on w.oid = s.srvfdw",
    "user mappings": "select u.srvname || ' for ' || coalesce(u.usename, 'public'), '' from pg_user_mappings u",
    "text searches": "select n.nspname || '.' || c.cfgname, concat_ws(' ', pg_get_userbyid(c.cfgowner), p.prsname,"
    " (select string_agg(m.maptokentype || ' by ' || m.mapdict::regdictionary, ', ' order by m.maptokentype, m.mapseqno)"
    " from pg_ts_config_map m where m.mapcfg = c.oid)) from pg_ts_config c join pg_ts_parser p on p.oid = c.cfgparser"
    " join pg_namespace n on n.oid = c.cfgnamespace where " + of("pg_ts_config", "c.oid"),
    "dictionaries": "select n.nspname || '.' || d.dictname, concat_ws(' ', pg_get_userbyid(d.dictowner), t.tmplname,"
    " d.dictinitoption) from pg_ts_dict d join pg_ts_template t on t.oid = d.dicttemplate"
    " join pg_namespace n on n.oid = d.dictnamespace where " + of("pg_ts_dict", "d.oid"),
    "languages": "select l.lanname, concat_ws(' ', pg_get_userbyid(l.lanowner), l.lanpltrusted, "
    + grants("l.lanacl", "l", "l.lanowner") + ") from pg_language l where "
    + NOBODYS.replace("{oid}", "l.oid").replace("{catalogue}", "pg_language"),
    "operators": "select n.nspname || '.' || o.oprname || '(' || o.oprleft::regtype || ',' || o.oprright::regtype || ')',"
    " o.oprcode::text from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where "
    + of("pg_operator", "o.oid"),
    "published tables": "select v.pubname || ' of ' || v.schemaname || '.' || v.tablename,"
    " concat_ws(' ', to_jsonb(v) ->> 'attnames', to_jsonb(v) ->> 'rowfilter') from pg_publication_tables v",
    "subscriptions": "select s.subname, concat_ws(' ', pg_get_userbyid(s.subowner), s.subpublications::text)"
    " from pg_subscription s where s.subdbid = (select d.oid from pg_database d where d.datname = current_database())",
    "operator classes": "select n.nspname || '.' || o.opcname || ' of ' || m.amname, concat_ws(' ',"
    " pg_get_userbyid(o.opcowner), o.opcintype::regtype, nullif(o.opckeytype, 0)::regtype, o.opcdefault,"
    " (select string_agg(a.amopstrategy || ' ' || a.amopopr::regoperator, ', ' order by a.amopstrategy, a.amopopr::regoperator::text)"
    " from pg_amop a where a.amopfamily = o.opcfamily), (select string_agg(a.amprocnum || ' ' || a.amproc::regprocedure, ', '"
    " order by a.amprocnum, a.amproc::regprocedure::text) from pg_amproc a where a.amprocfamily = o.opcfamily))"
    " from pg_opclass o join pg_am m on m.oid = o.opcmethod join pg_namespace n on n.oid = o.opcnamespace where "
    + of("pg_opclass", "o.oid"),
    "type grants": "select n.nspname || '.' || t.typname, " + grants("t.typacl", "T", "t.typowner")
    + " from pg_type t join pg_namespace n on n.oid = t.typnamespace where t.typtype in ('d', 'e', 'r') and "
    + of("pg_type", "t.oid"),
    "aggregates": "select n.nspname || '.' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',"
    " concat_ws(' ', g.aggkind::text, nullif(g.aggsortop, 0)::regoperator, g.aggcombinefn, g.aggserialfn,"
    " g.aggdeserialfn, g.aggmtransfn, g.aggminvtransfn, g.aggmfinalfn, g.aggfinalextra, p.proparallel::text)"
    " from pg_aggregate g join pg_proc p on p.oid = g.aggfnoid join pg_namespace n on n.oid = p.pronamespace where "
    + of("pg_proc", "p.oid"),
    "user mapping options": "select u.srvname || ' for ' || coalesce(u.usename, 'public'), "
    + HIDDEN.replace("{}", "u.umoptions") + " from pg_user_mappings u where u.umoptions is not null",
    "triggers of references that are off": "select " + RELATION + " || '.' || pg_get_constraintdef(k.oid),"
    " string_agg(t.tgenabled::text, ' ' order by t.tgfoid::regproc::text) from pg_trigger t"
    " join pg_constraint k on k.oid = t.tgconstraint join pg_class c on c.oid = t.tgrelid"
    " join pg_namespace n on n.oid = c.relnamespace where t.tgisinternal and t.tgenabled <> 'O' and "
    + of("pg_class", "c.oid") + " group by 1",
    "large object rights": "select 'all', md5(string_agg(concat_ws(' ', l.oid, pg_get_userbyid(l.lomowner), "
    + grants("l.lomacl", "L", "l.lomowner") + "), ',' order by l.oid)) from pg_largeobject_metadata l having count(*) > 0",
    "casts": "select c.castsource::regtype || ' as ' || c.casttarget::regtype, concat_ws(' ', c.castcontext::text,"
    " c.castmethod::text, nullif(c.castfunc, 0)::regprocedure) from pg_cast c where c.oid >= 16384 and "
    + NOBODYS.replace("{oid}", "c.oid").replace("{catalogue}", "pg_cast"),
    **RARE,
}  # fmt: skip

# What all databases of a cluster share. Who granted a membership, and passwords, are nobody's to compare.
SHARED: Mapping[str, LiteralString] = {
    "roles": "select r.rolname, concat_ws(' ', r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb, r.rolcanlogin,"
    " r.rolreplication, r.rolbypassrls, r.rolconnlimit, r.rolvaliduntil) from pg_roles r where r.rolname !~ '^pg_'",
    "memberships": "select g.rolname || ' for ' || m.rolname, max(a.admin_option::int)::text from pg_auth_members a"
    " join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member where m.rolname !~ '^pg_' group by 1",
    "settings": "select concat_ws(' in ', coalesce(r.rolname, 'all roles'), d.datname),"
    " (select string_agg(x, ' ' order by x) from unnest(s.setconfig) x) from pg_db_role_setting s"
    " left join pg_roles r on r.oid = s.setrole left join pg_database d on d.oid = s.setdatabase",
    "databases": "select d.datname, concat_ws(' ', pg_get_userbyid(d.datdba), pg_encoding_to_char(d.encoding), "
    + grants("d.datacl", "d", "d.datdba") + ") from pg_database d where not d.datistemplate",
    "locales": "select d.datname, concat_ws(E'\\t', coalesce(to_jsonb(d) ->> 'datlocprovider', 'c'), d.datcollate,"
    " d.datctype, coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', ''))"
    " from pg_database d where not d.datistemplate",
    "encodings": "select d.datname, pg_encoding_to_char(d.encoding) from pg_database d where not d.datistemplate",
    **SHARED_RARE,
}  # fmt: skip


def fingerprint(console: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    """By kind and name, of the database of that connection."""
    return _all(console, KINDS)


def fingerprint_of_large_objects(console: psycopg.Connection[Any], form: Form) -> dict[str, dict[str, str]]:
    """All of them as one: how many there are, and the digest of what they hold."""
    held = content_of(console, form)
    return {"large objects": {"all": f"{held.rows} with {held.sums[0]:x} {held.sums[1]:x}"} if held.rows else {}}


def shared(console: psycopg.Connection[Any]) -> dict[str, dict[str, str]]:
    """By kind and name, of what all databases share."""
    return _all(console, SHARED)


def _all(console: psycopg.Connection[Any], kinds: Mapping[str, LiteralString]) -> dict[str, dict[str, str]]:
    major = console.info.server_version // 10000
    return {kind: _told(console, query) for kind, query in kinds.items() if SINCE.get(kind, 0) <= major}


def _told(console: psycopg.Connection[Any], query: LiteralString) -> dict[str, str]:
    return {str(name): str(definition or "") for name, definition in console.execute(query)}
