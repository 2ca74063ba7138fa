#!/usr/bin/env bash
# Runs once, in the PostgreSQL container, on an empty volume: a database and a role per service.
# A role can connect to its own database alone, so no service can read another's. The directory of API keys
# has two roles: the one that issues keys, and the one with which every service looks them up. That one may read every
# table here; the directory's migrations let it add and remove stream tickets, and nothing else.
# The password of a role is in a file of its name, as `deploy/secrets.sh` makes it.
set -euo pipefail
secrets=${SECRETS_DIR:-/run/secrets}

# Others than this machine itself are answered over TLS alone.
[[ ! -w ${PGDATA:-}/pg_hba.conf ]] || sed -i 's/^host all all all/hostssl all all all/' "$PGDATA/pg_hba.conf"

create() { # create NAME: a role, and a database that only this role may use
    psql --set ON_ERROR_STOP=1 --set name="$1" --set password="$(<"$secrets/$1_password")" \
        --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

# From deploy/topology.toml, by `make contracts`:
create alerts
create analytics
create incidents
# Until here.
create keys

psql --set ON_ERROR_STOP=1 --set password="$(<"$secrets/keys_reader_password")" --username "$POSTGRES_USER" --dbname keys <<'SQL'
CREATE ROLE keys_reader LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE keys TO keys_reader;
GRANT USAGE ON SCHEMA public TO keys_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE keys IN SCHEMA public GRANT SELECT ON TABLES TO keys_reader;
SQL
