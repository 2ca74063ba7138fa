#!/usr/bin/env bash
# Makes what docker-compose.yml mounts as secrets, in deploy/secrets: passwords, the addresses that hold them, the key that
# seals the secrets of webhooks, the one that signs the checkpoints of the audit, and an authority with the certificates of
# PostgreSQL and Kafka. What is there stays, so a second run adds what is missing; a certificate that ends within 90 days is
# made anew: restart the two servers then.
# Keep a copy of alerts_secrets_key elsewhere: it is in no backup, and what is sealed with it opens with nothing else.
# Only this user can enter the folder. In the containers other users read the files, so their own modes let them.
set -euo pipefail
umask 077
folder="$(dirname "${BASH_SOURCE[0]}")/secrets"
mkdir -p "$folder"
cd "$folder"
chmod 0700 .

password() { # password NAME: of a role of PostgreSQL; one that an earlier version kept in .env is taken over
    local file="$1_password" variable
    variable="$(tr '[:lower:]-' '[:upper:]_' <<<"$1")_PASSWORD"
    [[ -s $file ]] && return
    sed -n "s/^$variable=//p" ../../.env 2>/dev/null >"$file" || true
    [[ -s $file ]] || openssl rand -hex 24 >"$file"
}

address() { # address FILE ROLE DATABASE: what a service opens, for which the server must prove itself
    rm -f "$1"
    printf 'postgresql://%s:%s@postgres:5432/%s?sslmode=verify-full&sslrootcert=/run/secrets/ca.crt\n' \
        "$2" "$(<"$2_password")" "$3" >"$1"
}

service() { # service NAME: a database of its own, for the role that owns it and for the one with which the service runs
    password "$1_owner"
    password "$1"
    address "$1_owner_database_url" "$1_owner" "$1"
    address "$1_database_url" "$1" "$1"
}

sealing_key() { # sealing_key FILE: as `clearway secrets new-key` makes one
    [[ -s $1 ]] || printf 'cwsk_%s\n' "$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')" >"$1"
}

signing_key() { # signing_key FILE: as `clearway audit make-key` makes one
    [[ -s $1 ]] || openssl genpkey -algorithm ed25519 -out "$1"
}

authority() {
    [[ -s ca.key && -s ca.crt ]] && return
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -sha256 -days 3650 \
        -subj "/CN=Clearway, this installation" -keyout ca.key -out ca.crt -config <(extensions) -extensions authority 2>/dev/null
}

certificate() { # certificate HOST: a key, and a certificate for it
    local host=$1
    openssl x509 -checkend 7776000 -noout -in "$host.crt" >/dev/null 2>&1 && return
    rm -f "$host".{key,crt,pem}
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$host" \
        -keyout "$host.key" -out "$host.csr" -config <(extensions "$host") 2>/dev/null
    openssl x509 -req -sha256 -days 3650 -in "$host.csr" -CA ca.crt -CAkey ca.key -set_serial "0x$(openssl rand -hex 16)" \
        -extfile <(extensions "$host") -extensions server -out "$host.crt" 2>/dev/null
    rm "$host.csr"
    cat "$host.key" "$host.crt" >"$host.pem"
}

extensions() { # extensions [HOST]: a configuration of openssl
    cat <<END
[req]
distinguished_name = name
prompt = no
[name]
[authority]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:${1:-none}, DNS:localhost
END
}

authority
certificate postgres
certificate kafka
password postgres
# From deploy/topology.toml, by `make contracts`:
service alerts
service analytics
service incidents
# Until here.
sealing_key alerts_secrets_key
signing_key incidents_audit_signing_key
password keys
password keys_reader
address keys_writer_database_url keys keys
address keys_reader_database_url keys_reader keys

chmod 0444 ./*
chmod 0400 ca.key
