#!/usr/bin/env bash
# Runs once, in the PostgreSQL container, on an empty volume: a database and a role per service.
# A role can connect to its own database alone, so no service can read another's. The directory of API keys
# has two roles: the one that issues keys, and the one with which every service looks them up. That one may read every
# table here; the directory's migrations let it add and remove stream tickets, and nothing else.
set -euo pipefail

create() { # create NAME PASSWORD: a role, and a database that only this role may use
    psql --set ON_ERROR_STOP=1 --set name="$1" --set password="$2" --username "$POSTGRES_USER" --dbname postgres <<'SQL'
CREATE ROLE :"name" LOGIN PASSWORD :'password';
CREATE DATABASE :"name" OWNER :"name";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

# From deploy/topology.toml, by `make contracts`:
create alerts "$ALERTS_PASSWORD"
create analytics "$ANALYTICS_PASSWORD"
create incidents "$INCIDENTS_PASSWORD"
# Until here.
create keys "$KEYS_PASSWORD"

psql --set ON_ERROR_STOP=1 --set password="$KEYS_READER_PASSWORD" --username "$POSTGRES_USER" --dbname keys <<'SQL'
CREATE ROLE keys_reader LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE keys TO keys_reader;
GRANT USAGE ON SCHEMA public TO keys_reader;
ALTER DEFAULT PRIVILEGES FOR ROLE keys IN SCHEMA public GRANT SELECT ON TABLES TO keys_reader;
SQL
