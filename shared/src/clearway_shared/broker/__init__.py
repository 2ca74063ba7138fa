"""The broker port and its two adapters: Apache Kafka, and the embedded log of one machine."""

from pathlib import Path

from clearway_shared.broker.base import Broker
from clearway_shared.broker.embedded import EmbeddedBroker
from clearway_shared.broker.kafka import KafkaBroker
from clearway_shared.broker.kafka_url import KafkaAddress


def open_broker(url: str | None, data_dir: Path) -> Broker:
    """The broker at a URL, `kafka://host:port[,host:port]`; without one the embedded log in `data_dir`. Not started.

    Raises ValueError for another kind of URL.
    """
    if url is None:
        return EmbeddedBroker(data_dir / "log.db")
    return KafkaBroker(KafkaAddress.parse(url))
