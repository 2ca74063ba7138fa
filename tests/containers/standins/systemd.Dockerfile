# A Debian server with systemd as its first process, for the test of the unit: see README.md.
FROM python:3.11-slim-bookworm
# Only tests use this image: it has the newest packages of its Debian.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends make systemd systemd-sysv >/dev/null \
    && rm -rf /var/lib/apt/lists/* \
    && systemctl mask systemd-logind.service systemd-networkd-wait-online.service getty.target console-getty.service
ENV container=docker
STOPSIGNAL SIGRTMIN+3
CMD ["/sbin/init"]
