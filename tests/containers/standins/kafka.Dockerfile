# A stand-in for apache/kafka, for tests alone: see README.md. The context holds the jars, and what starts them.
FROM python:3.11-slim-bookworm
# Only tests use this image: it has the newest packages of its Debian.
# hadolint ignore=DL3008
RUN apt-get update -qq \
    && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends openjdk-17-jre-headless >/dev/null \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --create-home appuser \
    && install -d -o appuser -g appuser /opt/kafka/config /var/lib/kafka/data /opt/kafka/mounted /etc/kafka/docker \
    && printf 'log.dirs=/tmp/kraft-combined-logs\n' > /etc/kafka/docker/server.properties \
    && touch /etc/kafka/docker/log4j2.yaml /etc/kafka/docker/tools-log4j2.yaml
COPY libs /opt/kafka/libs
ENV CLUSTER_ID=5L6g3nShT-eMCtK--X86sw
# As in the image that it stands for.
# hadolint ignore=DL3066
USER appuser
VOLUME /var/lib/kafka/data
EXPOSE 9092
COPY kafka-entrypoint.sh /
CMD ["bash", "/kafka-entrypoint.sh"]
