#!/usr/bin/env bash
# What the official image does at each start: the settings come from the environment, and the storage is formatted once.
set -euo pipefail
folders=(--default-configs-dir /etc/kafka/docker --mounted-configs-dir /opt/kafka/mounted --final-configs-dir /opt/kafka/config)
said=$(java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' kafka.docker.KafkaDockerWrapper setup "${folders[@]}" 2>&1) \
    || grep --quiet "already formatted" <<<"$said" || { echo "$said" >&2; exit 1; }
exec java -Xms256m -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '/opt/kafka/libs/*' \
    kafka.Kafka /opt/kafka/config/server.properties
