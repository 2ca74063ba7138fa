"""The broker port and its two adapters: Apache Kafka, and the embedded log of one machine."""
