#!/usr/bin/env bash
# Runs the suite on the containers of docker-compose.yml. Arguments go on to `polyspec run`.
# Reads the passwords from .env or, where they are set, from the environment; POLYSPEC names another program.
set -euo pipefail

root=$(cd "$(dirname "$0")/.." && pwd)
of_file() { [ ! -f "$root/.env" ] || sed -n "s/^$1=//p" "$root/.env" | tail -n 1; }
pg=${POLYSPEC_PG_PASSWORD:-$(of_file POLYSPEC_PG_PASSWORD)}
mongo=${POLYSPEC_MONGO_PASSWORD:-$(of_file POLYSPEC_MONGO_PASSWORD)}
for password in "$pg" "$mongo"; do
    if [[ ! $password =~ ^[A-Za-z0-9]+$ ]]; then
        echo "$0: give both passwords in $root/.env, of letters and digits" >&2
        exit 2
    fi
done

cd "$root"
exec "${POLYSPEC:-polyspec}" run --profile compose \
    --pg-url "apj=postgresql://polyspec:$pg@pg-apj:5441/postgres" \
    --pg-url "emea=postgresql://polyspec:$pg@pg-emea:5442/postgres" \
    --pg-url "latam=postgresql://polyspec:$pg@pg-latam:5443/postgres" \
    --mongo-url "mongodb://polyspec:$mongo@mongo1:27117,mongo2:27118,mongo3:27119/?replicaSet=rs0&authSource=admin" \
    "$@"
