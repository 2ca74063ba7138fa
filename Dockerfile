# One image holds one service:  docker build --build-arg SERVICE=incidents -t clearway-incidents .
ARG PYTHON=3.11-slim-bookworm

FROM python:${PYTHON} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/clearway
ENV PATH=/opt/clearway/bin:$PATH
WORKDIR /source
# The dependencies are one layer, the same in the three images: on disk and on the wire it is there once.
COPY requirements.lock ./
RUN pip install --require-hashes -r requirements.lock
ARG SERVICE
RUN test -n "$SERVICE" || { echo "Say which service: --build-arg SERVICE=incidents|alerts|analytics" >&2; exit 1; }
COPY shared ./shared
COPY services/${SERVICE} ./services/${SERVICE}
RUN pip wheel --no-build-isolation --no-deps --wheel-dir /wheels ./shared ./services/${SERVICE} \
    && pip install --no-deps --no-index /wheels/*.whl

FROM python:${PYTHON}
ARG SERVICE
ENV PATH=/opt/clearway/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    CLEARWAY_SERVICE=${SERVICE} \
    CLEARWAY_HOST=0.0.0.0 \
    CLEARWAY_PORT=8080 \
    CLEARWAY_DATA_DIR=/var/lib/clearway
LABEL org.opencontainers.image.title="clearway-${SERVICE}" \
      org.opencontainers.image.licenses="Apache-2.0"
RUN groupadd --gid 10001 clearway \
    && useradd --uid 10001 --gid 10001 --no-create-home --shell /usr/sbin/nologin clearway \
    && install -d -o clearway -g clearway /var/lib/clearway
COPY --from=build /opt/clearway /opt/clearway
# By number, so that a cluster can see that it is not root.
USER 10001:10001
WORKDIR /var/lib/clearway
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"CLEARWAY_PORT\"]}/healthz', timeout=2)"]
# `exec`, so that the service itself gets the signal to stop. Another command replaces it whole: clearway migrate incidents.
CMD exec clearway run "$CLEARWAY_SERVICE"
