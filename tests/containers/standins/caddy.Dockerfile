# A stand-in for caddy:2, for tests alone: see README.md.
FROM python:3.11-slim-bookworm
# Only tests use this image: it has the newest packages of its Debian.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends caddy wget >/dev/null \
    && rm -rf /var/lib/apt/lists/*
CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]
