#!/usr/bin/env bash
# The PostgreSQL container runs it on an empty volume: others than this machine itself are answered over TLS alone.
set -euo pipefail
sed -i 's/^host all all all/hostssl all all all/' "$PGDATA/pg_hba.conf"
