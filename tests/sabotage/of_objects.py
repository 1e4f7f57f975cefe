"""Every row is there, and what stands around them is not as it was: the dump of a database that was tampered with."""

from __future__ import annotations

from tests.sabotage.copies import Kind
from tests.sabotage.damage import Damage, holds, missed
from tests.sabotage.means_for_dumps import sql


def _object(name: str, harm: str, proof: str, says: str, of: Kind = Kind.CUSTOM, *, sample: bool = False) -> Damage:
    """One that the fingerprint of the schema must show."""
    return Damage(name, of, sql(harm), holds(proof), (missed("schema", says),), sample)


OBJECTS = (
    _object(
        "the body of a function changed",
        "create or replace function twice(i int) returns int language sql immutable as 'select 3 * i'",
        "select twice(1) = 3",
        r"functions: public\.twice\(i integer\) is",
    ),
    _object(
        "a trigger disabled",
        "alter table account disable trigger keep",
        "select tgenabled = 'D' from pg_trigger where tgname = 'keep'",
        r"triggers: public\.account\.keep is 'D",
    ),
    _object(
        "row security off",
        "alter table entry disable row level security",
        "select not relrowsecurity from pg_class where relname = 'entry'",
        r"relations: public\.entry is",
    ),
    _object(
        "a policy that lets everybody see all",
        "alter policy own on entry using (true)",
        "select polqual is not null and pg_get_expr(polqual, polrelid) = 'true' from pg_policy",
        r"policies: public\.entry\.own is",
    ),
    _object(
        "a right lost",
        "revoke select on account from clerk",
        "select not has_table_privilege('clerk', 'account', 'select')",
        r"grants: public\.account is",
    ),
    _object(
        "a right on a column lost",
        "revoke update (owner) on account from clerk",
        "select not has_column_privilege('clerk', 'account', 'owner', 'update')",
        r"columns: public\.account\.owner is",
    ),
    _object(
        "a right too many",
        "grant delete on account to public",
        "select has_table_privilege('clerk', 'account', 'delete')",
        r"grants: public\.account is",
    ),
    _object(
        "rights to come lost",
        "alter default privileges revoke select on tables from clerk",
        "select count(*) = 0 from pg_default_acl",
        r"default privileges: drill r is missing",
    ),
    _object(
        "another owner",
        "alter table entry owner to clerk",
        "select relowner = 'clerk'::regrole from pg_class where relname = 'entry'",
        r"owners: public\.entry is 'clerk'",
    ),
    _object(
        "a default changed",
        "alter table letter alter felt set default 'angry'",
        "select column_default like '%angry%' from information_schema.columns where column_name = 'felt'",
        r"columns: public\.letter\.felt is",
    ),
    _object(
        "a column that may be empty now",
        "alter table word alter word drop not null",
        "select not attnotnull from pg_attribute where attrelid = 'word'::regclass and attname = 'word'",
        r"columns: public\.word\.word is",
    ),
    _object(
        "a label renamed",
        "alter type mood rename value 'calm' to 'dull'",
        "select felt = 'dull' from letter where id = 1",
        r"types: public\.mood is",
    ),
    _object(
        "a domain that takes anything",
        "alter domain code drop constraint code_check",
        "select count(*) = 0 from pg_constraint where conname = 'code_check'",
        r"types: public\.code is",
    ),
    _object(
        "what a generated column is made of changed",
        "alter table letter alter size set expression as (char_length(body) * 2)",
        "select size = 2 * char_length(body) from letter where id = 1",
        r"columns: public\.letter\.size is",
    ),
    _object(
        "a view shows other rows",
        "create or replace view rich as select id from account where balance > 1",
        "select count(*) > 490 from rich",
        r"views: public\.rich is",
    ),
    _object(
        "a view whose rows are gone",
        "refresh materialized view totals with no data",
        "select not relispopulated from pg_class where relname = 'totals'",
        r"relations: public\.totals is",
    ),
    _object(
        "a rule gone",
        "drop rule kept on former",
        "select count(*) = 0 from pg_rules where rulename = 'kept'",
        r"rules: public\.former\.kept is missing",
    ),
    _object(
        "a sequence with another step",
        "alter sequence ticket increment 7 cache 90",
        "select seqincrement = 7 from pg_sequence where seqrelid = 'ticket'::regclass",
        r"sequences: public\.ticket is",
    ),
    _object(
        "a table that no crash spares any more",
        "alter table tally set unlogged",
        "select relpersistence = 'u' from pg_class where relname = 'tally'",
        r"relations: public\.tally is",
    ),
    _object(
        "a table whose changes cannot be passed on",
        "alter table word replica identity nothing",
        "select relreplident = 'n' from pg_class where relname = 'word'",
        r"relations: public\.word is",
    ),
    _object(
        "an extension gone",
        "drop extension btree_gist cascade",
        "select count(*) = 0 from pg_extension where extname = 'btree_gist'",
        r"extensions: btree_gist is missing",
    ),
    _object(
        "an event trigger gone",
        "drop event trigger guard",
        "select count(*) = 0 from pg_event_trigger",
        r"event triggers: guard is missing",
    ),
    _object(
        "a publication that tells of nothing",
        "alter publication words drop table word",
        "select count(*) = 0 from pg_publication_tables",
        r"publications: words is",
    ),
    _object(
        "a foreign server that leads elsewhere",
        "alter server abroad options (set host 'elsewhere')",
        "select srvoptions = '{host=elsewhere}' from pg_foreign_server",
        r"foreign servers: abroad is",
    ),
    _object(
        "a foreign table that leads elsewhere",
        "alter foreign table overseas options (set name 'nowhere')",
        "select ftoptions = '{name=nowhere}' from pg_foreign_table",
        r"relations: public\.overseas is|foreign tables: public\.overseas is",
    ),
    _object(
        "a text search that finds otherwise",
        "alter text search configuration plain_search alter mapping for asciiword with plain_words",
        "select to_tsvector('plain_search', 'the bank') = 'bank:2'",
        r"text search",
    ),
)
