-- Roles as a long life leaves them: the drill's own names, quotes, line ends, a setting that would bar the courier.
create role postgres superuser login password 'not carried over';
create role harbour_master;
create role harbour_reader;
create role customs_clerk login in role harbour_reader;
create role "O'Hara ""the"" Boss";
create role "Õige
Nimi;" login password 'not carried over';
create role courier login replication password 'not carried over';
create role watch;
create role reader;
alter role courier set default_transaction_read_only = on;
alter role reader set search_path = 'nowhere', "Õ'x";
alter role reader set "app.motto" = 'one;
\two; alter role drill nologin;';
comment on role watch is 'first
\second; it''s
ALTER ROLE watch SUPERUSER;';
grant pg_read_all_data to reader;
grant reader to "O'Hara ""the"" Boss" with admin option;
