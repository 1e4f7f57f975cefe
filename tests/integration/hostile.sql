-- One database with whatever could break a drill, or make its verdict false. Rows, and nothing else, say kanaarilind.
create extension pg_trgm;
create extension hstore;
create extension btree_gist;
create extension citext;
create extension postgres_fdw;
create schema "Kooli ""asi""
uus";
create schema "x.y";

-- names
create table receipt (citizen int, note text);
insert into receipt values (1, 'kanaarilind');
create table "x.y"."drill.receipt" (a int);
insert into "x.y"."drill.receipt" values (1);
create table "Kooli ""asi""
uus"."Ü 'n' ""q"" %s
line" ("selEct" int generated always as identity primary key, "a.b""c" text not null, "{0} $1" text);
insert into "Kooli ""asi""
uus"."Ü 'n' ""q"" %s
line" ("a.b""c", "{0} $1") values ('kanaarilind', 'x'), (E'two\nlines | ERROR:  role "kanaarilind" does not exist', null);

-- types
create type state as enum ('a', 'b');
create domain short as varchar(20) check (value in ('abc', 'de') or length(value) > 3);
create type pair as (a int, b text);
create table every (
  id bigserial primary key, s state, sh short, p pair, ps pair[], n numeric, f float8, r real, t timestamptz, i interval,
  j jsonb, x varchar(10) check (x in ('abc', 'de')), c citext, h hstore, v tsvector, u uuid, b bytea, ip inet, bits bit(3),
  ar int[], rng int4range, mr datemultirange, o oid, rc regclass, m money, ch char(5), nm name, pth path, jp jsonpath,
  twice numeric generated always as (n * 2) stored, thrice numeric generated always as (n * 3) virtual,
  lowered text generated always as (lower(x)) stored);
insert into every (s, sh, p, ps, n, f, r, t, i, j, x, c, h, v, u, b, ip, bits, ar, rng, mr, o, rc, m, ch, nm, pth, jp)
values ('a', 'kanaarilind', (1, 'x'), array[(1, 'x')::pair], 'NaN', '-0', 'Infinity', 'infinity', '1 mon -1 day',
  '{"a": 1.0}', 'abc', 'Ab', 'a=>1', 'a b', gen_random_uuid(), '\x00', '::1/8', b'101', '[5:6]={1,2}', 'empty',
  '{[2020-01-01,2020-02-01)}', 7, 'receipt', 1.5, 'ab', 'nm', '((1,2))', '$.a');
insert into every default values;
create index on every using gin (x gin_trgm_ops);
create index on every (lower(x)) where x in ('abc', 'de');
create statistics on s, x from every;
create table collated (a text collate "C", b text collate ucs_basic);
insert into collated values ('ä', 'kanaarilind');

-- shapes of tables
create table no_columns ();
insert into no_columns default values;
create table ranges (r int4range, k int, exclude using gist (k with =, r with &&));
insert into ranges values ('[1,2]', 1);
create rule swallow as on update to ranges do instead nothing;
create table parent (a int);
create table child (b int) inherits (parent);
insert into child values (1, 2);
insert into parent values (3);
create table parts (k text, v int) partition by list (k);
create table parts_a partition of parts for values in ('a');
create table parts_b partition of parts for values in ('b') partition by range (v);
create table parts_b_rest partition of parts_b default;
insert into parts values ('a', 1), ('b', 2);
create index on parts (v);
create unlogged table sessions (id serial primary key, token text);
insert into sessions (token) values ('kanaarilind');
create table forced (owner text, secret text);
insert into forced values ('x', 'kanaarilind');
alter table forced owner to "O'Hara ""the"" Boss", enable row level security, force row level security;
create policy nobody on forced using (false);
create table carried (a int) ;
alter table carried owner to courier;
create table promised (a int);
insert into promised values (-1);
alter table promised add constraint later check (a > 0) not valid;
alter table promised add constraint never check (a > 5) not enforced;
create sequence lone increment -2;
select nextval('lone');
create table behind (id serial primary key);
insert into behind values (100);
select lo_from_bytea(424242, 'kanaarilind');
alter large object 424242 owner to watch;

-- code of theirs that runs where it can: in triggers, on events, with each row that is loaded, in an index
create function shout() returns trigger language plpgsql as $$ begin raise exception 'saw %', new; end $$;
create trigger loud before insert or update on receipt for each row execute function shout();
alter table receipt enable always trigger loud;
create function told() returns event_trigger language plpgsql as
  $$ begin raise exception 'saw %', (select note from public.receipt); end $$;
create event trigger on_change on ddl_command_end execute function told();
alter event trigger on_change enable always;
create event trigger on_coming on login execute function told();
alter event trigger on_coming enable always;
create function noisy(x text) returns text language plpgsql immutable as
  $$ begin raise log 'saw %', x; raise warning 'saw %', x; return x; end $$;
create table noise (x text check (noisy(x) <> 'z'), g text generated always as (noisy(x)) stored);
insert into noise values ('kanaarilind');
create index on noise (noisy(x));
create materialized view seen as select noisy(x) from noise;

-- the world outside, and rights
create server elsewhere foreign data wrapper postgres_fdw options (host '127.0.0.1', port '1', dbname 'x');
create user mapping for postgres server elsewhere options (user 'u', password 'kanaarilind');
create foreign table far (id int, x text) server elsewhere;
create publication everything for all tables;
create subscription to_nothing connection 'host=127.0.0.1 port=1 password=kanaarilind' publication everything
  with (connect = false, slot_name = 'a_slot');
alter default privileges for role courier revoke all on tables from courier;
alter default privileges revoke execute on functions from public;
revoke usage on schema public from public;
comment on table receipt is 'what isn''t said: \! echo';
