-- A database that is sound, though much of it looks odd: nothing of it may be called wrong.
create extension citext;
create extension btree_gist;
create extension hstore;
create extension pg_trgm;
create collation plain from "C";

-- what would be called, were names not written out
create function public.count(anyelement) returns bigint language plpgsql as $$ begin raise exception 'called'; end $$;
create function public.lag(anyelement) returns anyelement language plpgsql as $$ begin raise exception 'called'; end $$;
create function public.never(integer, integer) returns boolean language plpgsql as
  $$ begin raise exception 'called'; end $$;
create operator public.= (leftarg = integer, rightarg = integer, function = public.never);
create table public.pg_class (oid integer, relname text);
create table public.pg_index (oid integer);
create type public.oid as (a integer);
create function public.told() returns event_trigger language plpgsql as $$ begin raise exception 'called'; end $$;
create event trigger on_change on ddl_command_start execute function public.told();
alter event trigger on_change enable always;
set event_triggers = off;

-- names, empty tables, dropped columns, no columns
create schema "odd ""one""";
create table "odd ""one"""."a.b%s
c" ("key %" integer primary key, "of
%s" integer references "odd ""one"""."a.b%s
c", "O'H" text unique);
insert into "odd ""one"""."a.b%s
c" values (1, null, '%'), (2, 1, '%s'), (3, 3, null), (4, 3, null);
create table no_columns ();
insert into no_columns default values;
create table empty (i integer primary key, j integer references empty);
create table dropped (a text, i integer primary key, b text);
insert into dropped select 'x', i, repeat('long', 3000 + i) from generate_series(1, 20) i;
alter table dropped drop a, add c integer default 7;
delete from dropped where dropped.i operator(pg_catalog.>) 15;

-- unique indexes of every kind
create table keys (i integer, j integer, t text, v varchar(9), c citext, n numeric, r int4range, f float8, b bpchar(4));
insert into keys select k, k % 3, 't' || k, 'V' || k, 'c' || k, k / 8.0, int4range(k, k + 1), k, k from
  generate_series(1, 40) k;
insert into keys select null, k, null, null, null, null, null, null, null from generate_series(1, 5) k;
create unique index on keys (i desc nulls first) include (j, t);
create unique index on keys (lower(t) collate plain, j) where j operator(pg_catalog.<>) 2;
create unique index on keys (v text_pattern_ops);
create unique index on keys (c);
create unique index on keys ((100 / j)) where j operator(pg_catalog.<>) 0 and i is null;
create unique index on keys (r, n);
create unique index on keys (b bpchar_pattern_ops, f);
create unique index on keys (i, j) nulls not distinct;
alter table keys add constraint later unique (t) deferrable initially deferred;
create table single (i integer unique nulls not distinct);
insert into single values (null), (1);

-- other indexes
create table found (i integer, t text, p point, x int4range, h hstore, d date, a inet, g box);
insert into found select k, 't' || k % 50, point(k, k), int4range(k, k + 2), 'a=>1', date '2020-01-01' + k,
  '10.0.0.0'::inet + k, box(point(k, k), point(k + 1, k + 1)) from generate_series(1, 3000) k;
insert into found values (1);
insert into found values (null, 'x', null, 'empty', null, 'infinity');
create index on found using hash (t);
create index on found (t);
create index on found using gist (i, x);
create index on found using gist (p);
create index on found using gist (a inet_ops) where i operator(pg_catalog.>) 100;
create index on found using spgist (p);
create index on found using spgist (t);
create index on found using spgist (g);
create index on found using brin (d, i) with (pages_per_range = 2);
create index on found using gin (h);
create index on found using gin (t gin_trgm_ops);

-- references of every kind
create table parts (k text, v integer, primary key (k, v)) partition by list (k);
create table parts_a partition of parts for values in ('a');
create table parts_b partition of parts for values in ('b') partition by range (v);
create table parts_b_rest partition of parts_b default;
insert into parts values ('a', 1), ('b', 2);
create table of_parts (k varchar(3), v bigint, foreign key (k, v) references parts on delete cascade);
insert into of_parts values ('a', 1), ('b', 2), (null, 9), ('z', null);
create table parted (i integer, k text, v integer, foreign key (k, v) references parts) partition by hash (i);
create table parted_0 partition of parted for values with (modulus 1, remainder 0);
insert into parted values (1, 'a', 1);
create table whole (k text, v integer, foreign key (k, v) references parts match full on update set null);
insert into whole values ('a', 1), (null, null);
create table likes (c citext, d numeric, n name primary key);
alter table likes add unique (c), add unique (d);
insert into likes values ('ABC', 1.00, 'n');
create table liked (c citext references likes (c), d integer references likes (d),
  n name references likes on delete set default);
insert into liked values ('abc', 1, 'n');
create table promised (i integer);
insert into promised values (-1);
alter table promised add constraint unproven foreign key (i) references empty not valid;
alter table promised add constraint unforced foreign key (i) references empty not enforced;
create domain code as integer;
create type mood as enum ('glad', 'sad');
create table domains (c code primary key, m mood unique, b text collate plain unique, a integer[] unique);
insert into domains values (1, 'sad', 'B', '{1}'), (2, null, 'b', '{}');
create table domained (c smallint references domains, m mood references domains (m), b text references domains (b),
  a integer[] references domains (a));
insert into domained values (1, 'sad', 'b', '{}');

-- times that must not overlap
create table stays (room integer, during daterange, primary key (room, during without overlaps));
insert into stays values (1, '[2020-01-01,2020-02-01)'), (1, '[2020-02-01,2020-03-01)'), (2, '[2020-01-01,2021-01-01)');
create table bookings (room integer, at tsrange, exclude using gist (room with =, at with &&) where (room is not null));
insert into bookings values (1, '[2020-01-01,2020-01-02)'), (1, 'empty'), (1, 'empty'), (2, '[2020-01-01,2020-01-03)'),
  (null, '[2020-01-01,2020-01-02)'), (null, '[2020-01-01,2020-01-02)');

-- generated, unlogged, materialized, foreign, temporary, secured; a function that only its own path can find
create table made (i integer primary key, s integer generated always as (i operator(pg_catalog.*) 2) stored unique,
  v integer generated always as (i operator(pg_catalog.+) 1) virtual);
insert into made select k from generate_series(1, 9) k;
create unlogged table passing (id serial primary key, token text unique, h integer);
create index on passing using hash (h);
create index on passing using brin (h);
insert into passing (token, h) select k, k from generate_series(1, 99) k;
create materialized view seen as select i, t from keys where i is not null;
create unique index on seen (i);
create extension postgres_fdw;
create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1');
create foreign table far (id integer) server elsewhere;
create temporary table mine (i integer primary key);
insert into mine values (1);
create table secured (i integer primary key);
insert into secured values (1);
alter table secured enable row level security, force row level security;
create policy nobody on secured using (false);
create rule swallow as on update to secured do instead nothing;
select lo_from_bytea(4242, 'some'), lo_put(lo_create(4243), 100000, 'sparse'), lo_create(4244);
