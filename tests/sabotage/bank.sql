-- What the bank has beside its accounts, so that there is more to damage.
create type mood as enum ('calm', 'angry');
create domain code as text check (value ~ '^[A-Z]');
create table letter (
  id int primary key, body text not null, felt mood default 'calm', kind code default 'A',
  size int generated always as (char_length(body)) stored);
alter table letter alter body set storage external;
insert into letter (id, body) select i, repeat('letter ' || i || ' ', 500) from generate_series(1, 40) i;
create table word (id int primary key, word text not null);
insert into word select i, md5(i::text) from generate_series(1, 4000) i;
create index word_btree on word (word);
create index word_hash on word using hash (word);
create function ordered(a text, b text) returns int language sql immutable as 'select pg_catalog.bttextcmp(a, b)';
create operator class own_order for type text using btree as
  operator 1 <, operator 2 <=, operator 3 =, operator 4 >=, operator 5 >, function 1 ordered(text, text);
create index word_own on word (word own_order) where id < 300;
create index word_brin on word using brin (id);
create table tally (name text, n int);
insert into tally select 'item ' || i % 100, i from generate_series(1, 2000) i;
create table former (name text, n int);
insert into former select 'item ' || i % 100, -i from generate_series(1, 2000) i;
create rule kept as on delete to former do instead nothing;
create table visit (at date not null, who text) partition by range (at);
create table visit_2025 partition of visit for values from ('2025-01-01') to ('2026-01-01');
create table visit_2026 partition of visit for values from ('2026-01-01') to ('2027-01-01');
insert into visit select date '2025-01-01' + i * 3, 'visitor ' || i from generate_series(1, 200) i;
create collation letters (provider = builtin, locale = 'C.UTF-8');
create table street (name text collate letters) partition by range (name);
create table street_a partition of street for values from ('A') to ('N');
create table street_n partition of street for values from ('N') to ('a');
insert into street select chr(65 + i % 26) || i from generate_series(1, 100) i;
create materialized view totals as select account, count(*) as entries from entry group by account;
create sequence ticket increment 5;
select setval('ticket', 500);
create publication words for table word;
create extension btree_gist;
create foreign data wrapper far;
create server abroad foreign data wrapper far options (host 'tallinn');
create foreign table overseas (i int) server abroad options (name 'there');
create function theirs() returns trigger language c as '$libdir/tcn', 'triggered_change_notification';
create function guarded() returns event_trigger language plpgsql as 'begin end';
create event trigger guard on ddl_command_end execute function guarded();
create text search dictionary plain_words (template = simple, stopwords = english);
create text search configuration plain_search (copy = simple);
alter default privileges grant select on tables to clerk;
grant update (owner) on account to clerk;
create statistics related on account, body from entry;
