#!/usr/bin/env bash
# Lets every peer subscribe to every other. May be run again: what is there stays.
# Reads PEERS (`name=host:port …`), PGUSER, PGPASSWORD, PGDATABASE.
#
# All slots are made before the first subscription: making a slot waits for every transaction that runs on its publisher,
# so subscriptions that make their own slots, side by side, wait for one another across the peers.
# `origin = none` keeps a peer from sending on what it has itself received (PostgreSQL 16 and later).
set -euo pipefail

: "${PEERS:?the peers, name=host:port}" "${PGUSER:?}" "${PGPASSWORD:?}" "${PGDATABASE:?}"

at() {
    local address=$1
    shift
    psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 \
        --host="${address%:*}" --port="${address#*:}" "$@"
}

for from in $PEERS; do
    for to in $PEERS; do
        [ "$from" = "$to" ] && continue
        at "${from#*=}" --set=slot="${from%%=*}_to_${to%%=*}" <<'SQL' > /dev/null
SELECT pg_create_logical_replication_slot(:'slot', 'pgoutput')
 WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = :'slot');
SQL
    done
done

for from in $PEERS; do
    address=${from#*=}
    for to in $PEERS; do
        [ "$from" = "$to" ] && continue
        at "${to#*=}" --set=slot="${from%%=*}_to_${to%%=*}" --set=host="${address%:*}" --set=port="${address#*:}" \
            --set=database="$PGDATABASE" --set=user="$PGUSER" --set=password="$PGPASSWORD" <<'SQL'
SELECT NOT EXISTS (SELECT FROM pg_subscription WHERE subname = :'slot') AS missing,
       format('host=%s port=%s dbname=%s user=%s password=''%s''', :'host', :'port', :'database', :'user',
              replace(replace(:'password', '\', '\\'), '''', '\''')) AS publisher \gset
\if :missing
    CREATE SUBSCRIPTION :"slot" CONNECTION :'publisher' PUBLICATION customer_changes
        WITH (create_slot = false, slot_name = :'slot', origin = none, copy_data = false);
\endif
SQL
    done
done
echo "the peers are linked"
