#!/usr/bin/env bash
# What the official image does at its first start, as far as the tests need it: see README.md.
set -euo pipefail
export POSTGRES_USER=${POSTGRES_USER:-postgres}

if [[ ! -s $PGDATA/PG_VERSION ]]; then
    method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
    password=${POSTGRES_PASSWORD:-none}
    [[ -z ${POSTGRES_PASSWORD_FILE:-} ]] || password=$(<"$POSTGRES_PASSWORD_FILE")
    # Made beside it and then moved, so that a start that was cut short begins again.
    rm -rf "$PGDATA.new"
    initdb --pgdata "$PGDATA.new" --username "$POSTGRES_USER" --auth-local trust --auth-host "$method" \
        --pwfile <(printf '%s\n' "$password") >/dev/null
    echo "host all all all $method" >> "$PGDATA.new/pg_hba.conf"
    # Until all is made, it answers on its socket alone.
    pg_ctl --pgdata "$PGDATA.new" --wait --options "-c listen_addresses=''" start >/dev/null
    for script in /docker-entrypoint-initdb.d/*.sh; do
        [[ -e $script ]] && PGDATA="$PGDATA.new" bash "$script"
    done
    pg_ctl --pgdata "$PGDATA.new" --wait --mode fast stop >/dev/null
    mv "$PGDATA.new" "$PGDATA"
fi
exec "$@"
