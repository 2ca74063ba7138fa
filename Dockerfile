# One image holds one service:        docker build --build-arg SERVICE=incidents -t clearway-incidents .
# Or all of them in one process:      docker build --target all-in-one -t clearway .
# The image that all stand on, by digest: `make images` asks the registry for a newer one.
ARG PYTHON=3.11-slim-bookworm@sha256:a36c24f9cbdf4fd0f52d67f0823eeac19c2028c637cecc392d97f980d4fec56b

# What installs and builds. It stays behind: an image has no pip, and no Node.
FROM python:${PYTHON} AS builder
# Where mirrors of the package indexes are used. No effect when not given.
ARG PIP_INDEX_URL
ARG UV_DEFAULT_INDEX
ARG NPM_CONFIG_REGISTRY
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_NO_CACHE=1 UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
WORKDIR /source
# A tool of the build alone, of the Debian that the base image's digest names.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends binutils >/dev/null \
    && rm -rf /var/lib/apt/lists/*
# What a package carries and a server never reads is a fifth of its size: its tests, and its symbols for a debugger. Packages
# bring libraries of others in folders *.libs, which are without symbols already.
RUN printf '%s\n' '#!/bin/sh -eu' \
        'find /opt/clearway/lib -type d -name tests -prune -exec rm -rf {} +' \
        "find /opt/clearway/lib -name '*.so' -not -path '*.libs/*' -exec strip --strip-debug {} +" \
        > /usr/local/bin/slim-packages \
    && chmod +x /usr/local/bin/slim-packages
COPY requirements-build.lock ./
COPY requirements-page.lock ./
RUN python -m venv /opt/builder \
    && /opt/builder/bin/pip install --quiet --require-hashes -r requirements-build.lock \
    && python -m venv --without-pip /opt/clearway
ENV PATH=/opt/builder/bin:$PATH VIRTUAL_ENV=/opt/clearway

FROM builder AS every-service
COPY requirements.lock ./
RUN uv pip sync --require-hashes requirements.lock && slim-packages
COPY shared/contracts ./shared/contracts
COPY shared/platform ./shared/platform
COPY services ./services
RUN services/dashboard/npm run build \
    && uv pip install --no-sources --no-deps --build-constraints requirements-build.lock ./shared/contracts ./shared/platform ./services/*

FROM python:${PYTHON} AS running
ENV PATH=/opt/clearway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CLEARWAY_HOST=0.0.0.0 \
    CLEARWAY_PORT=8080 \
    CLEARWAY_DATA_DIR=/var/lib/clearway
RUN groupadd --gid 10001 clearway \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin clearway \
    && install -d -m 0700 -o clearway -g clearway /var/lib/clearway /var/lib/clearway-files
# By number, so that a cluster can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/clearway
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"CLEARWAY_PORT\"]}/healthz', timeout=2)"]

# A field office's server: everything in one process, its data in one volume.
FROM running AS all-in-one
LABEL org.opencontainers.image.title="clearway" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=every-service /opt/clearway /opt/clearway
VOLUME /var/lib/clearway
CMD ["clearway", "up"]

FROM builder AS one-service
ARG SERVICE
RUN test -n "$SERVICE" || { echo "Say which service: --build-arg SERVICE=NAME, a folder of services/" >&2; exit 1; }
COPY services/${SERVICE}/requirements.lock ./
RUN uv pip sync --require-hashes requirements.lock && slim-packages
COPY shared/contracts ./shared/contracts
COPY shared/platform ./shared/platform
COPY services/${SERVICE} ./services/${SERVICE}
# Of a service that has a page.
RUN { test ! -e services/${SERVICE}/npm || services/${SERVICE}/npm run build; } \
    && uv pip install --no-sources --no-deps --build-constraints requirements-build.lock ./shared/contracts ./shared/platform ./services/${SERVICE}

# The last stage is what is built when none is named.
FROM running AS service
ARG SERVICE
ENV SERVICE=${SERVICE}
LABEL org.opencontainers.image.title="clearway-${SERVICE}" org.opencontainers.image.licenses="Apache-2.0"
COPY --from=one-service /opt/clearway /opt/clearway
# `exec`, so that the service itself gets the signal to stop. Another command replaces it whole: clearway migrate incidents.
CMD ["sh", "-c", "exec clearway run \"$SERVICE\""]
