#!/bin/sh
# The floor of a drill: the commands of PostgreSQL that scenarios/power-loss.yaml takes, by hand, in the same order.
# Nobody watches, nobody works meanwhile, nothing is judged and no evidence is left.
#
# power-loss.sh FOLDER PROGRAMS. In FOLDER lie `registers` (names), `settings.conf`, `postgres.sql`, for each register
# NAME.sql and NAME.digest.sql, and `agreement` (lines: asking register, other register, its table, its column, a query).
set -eu
cd "$1"
PATH=$2:$PATH
export PGUSER=drill PGHOST="$1" PGOPTIONS="-c jit=off"

serve() { # DATA PORT: start, and return when it answers
    postgres -D "$1" -c listen_addresses= -c unix_socket_directories="$PGHOST" -p "$2" >>"$1.log" 2>&1 &
    until ask "$2" -d postgres -c "select 1" 2>/dev/null; do sleep 0.02; done
}

ask() { # PORT ARGUMENT...
    port=$1
    shift
    psql -X -q -v ON_ERROR_STOP=1 -p "$port" "$@" >/dev/null
}

digest() { # PORT: all rows of all registers
    while read -r name; do ask "$1" -d "$name" -f "$name.digest.sql"; done <registers
}

objects() { # PORT: every object of the schemas
    while read -r name; do pg_dump -s -p "$1" -d "$name" >/dev/null; done <registers
}

sound() { # PORT: every table, every index against its table
    xargs -P 2 -I N pg_amcheck -p "$1" --install-missing --parent-check --heapallindexed N <registers >/dev/null
}

agree() { # PORT: whether registers know each other's people
    while read -r asking other table column query; do
        psql -X -q -p "$1" -d "$other" -c "copy (select $column::text from $table) to stdout" |
            ask "$1" -d "$asking" -c "create temp table known (code text)" -c "copy known from stdin" \
                -c "analyze known" -c "$query"
    done <agreement
}

# prepare: home, its registers two at a time, their seals, the standby
initdb -D home -U "$PGUSER" --auth=trust --locale-provider=builtin --builtin-locale=C.UTF-8 --locale=C -E UTF8 >/dev/null
cat settings.conf >>home/postgresql.conf
serve home 1
ask 1 -d postgres -f postgres.sql
xargs -P 2 -I N psql -X -q -v ON_ERROR_STOP=1 -p 1 -d N -f N.sql -o N.said <registers
digest 1
objects 1
pg_basebackup -p 1 -D embassy -X stream -c fast -R -C -S embassy
serve embassy 2
# outage, recovery, the gate
kill -9 "$(head -n 1 home/postmaster.pid)"
pg_ctl promote -D embassy >/dev/null
digest 2
# homecoming, survey
serve home 1
digest 2
objects 2
sound 2
agree 2
pg_ctl stop -D home -m immediate >/dev/null
pg_ctl stop -D embassy -m immediate >/dev/null
rm -rf home embassy
