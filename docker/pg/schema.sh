#!/usr/bin/env bash
# Makes the reference system's schema on a new peer: run by the image of PostgreSQL when its volume is empty.
# Reads SITE_NUMBER and SITE_NAME (who the peer is), SCHEMA (the folder of the SQL files), APP_PASSWORD (of the role `app`;
# the administrator's if absent), and what psql reads (PGHOST, PGPORT, …).
set -euo pipefail

sql=${SCHEMA:-/ecommerce/sql}
: "${SITE_NUMBER:?the number of this site, 1 or more}" "${SITE_NAME:?the name of this site}"
export PGUSER=${PGUSER:-${POSTGRES_USER:?the administrator}}
export PGDATABASE=${PGDATABASE:-${POSTGRES_DB:?the database}}

run() { psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 "$@"; }

# The system belongs to a role that is no superuser, as it does under polyspec.
run --set=password="${APP_PASSWORD:-${POSTGRES_PASSWORD:?the password}}" --set=database="$PGDATABASE" <<'SQL'
SELECT NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') AS missing \gset
\if :missing
    CREATE ROLE app LOGIN PASSWORD :'password';
\endif
ALTER DATABASE :"database" OWNER TO app;
SQL

# The order of `build` in fixtures/ecommerce/system.yaml.
for file in customer customer_region customer_replication products orders shipments indexes random_data; do
    run --single-transaction --command='SET ROLE app' --file="$sql/$file.sql" > /dev/null
done
run --set=number="$SITE_NUMBER" --set=name="$SITE_NAME" <<'SQL' > /dev/null
SET ROLE app;
SELECT set_site(:'number'::integer, :'name');
SQL
