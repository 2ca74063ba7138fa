#!/usr/bin/env bash
# Makes a database for each service, with two roles: NAME_owner owns it, and migrates it; NAME, with which the service
# runs, owns nothing, so that it cannot switch off what keeps the rows of missions apart. A role can connect to its own
# database alone. The directory of API keys has two roles too: the one that issues keys, and the one with which every
# service looks them up. What a role may do stands in rights/.
#
# The PostgreSQL container runs it on an empty volume. Safe to repeat: what is there stays, and what a service's own role
# owns, as version 0.1.0 made it, goes to the owner.
# The password of a role is in a file of its name, as `deploy/secrets.sh` makes it.
set -euo pipefail
secrets=${SECRETS_DIR:-/run/secrets}
rights="$(dirname "${BASH_SOURCE[0]}")/rights"

query() {
    psql --set ON_ERROR_STOP=1 --quiet --username "${POSTGRES_USER:-postgres}" "$@"
}

role() { # role NAME: with its password
    query --dbname postgres --set name="$1" --set password="$(<"$secrets/$1_password")" <<'SQL'
SELECT format('CREATE ROLE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" LOGIN PASSWORD :'password';
SQL
}

database() { # database NAME OWNER: nobody else may use it yet
    query --dbname postgres --set name="$1" --set owner="$2" <<'SQL'
SELECT format('CREATE DATABASE %I', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
ALTER DATABASE :"name" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
}

service() { # service NAME: its database and roles. One transaction: a service that runs meanwhile keeps its rights
    role "$1_owner"
    role "$1"
    database "$1" "$1_owner"
    query --dbname "$1" --set owner="$1_owner" --set role="$1" --single-transaction --file - --file "$rights/use.sql" <<'SQL'
REASSIGN OWNED BY :"role" TO :"owner";
SQL
}

# From deploy/topology.toml, by `make contracts`:
service alerts
service analytics
service incidents
# Until here.

role keys
role keys_reader
database keys keys
query --dbname keys --set owner=keys --set role=keys_reader --single-transaction --file "$rights/read.sql"
