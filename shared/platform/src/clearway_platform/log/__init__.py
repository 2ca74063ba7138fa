"""The broker port and its two adapters: Apache Kafka, and the embedded log of one machine."""

from pathlib import Path
from typing import Final

from clearway_platform.log.base import Broker
from clearway_platform.log.embedded import EmbeddedBroker
from clearway_platform.log.kafka.address import KafkaAddress

LOG_FILE: Final = "log.db"


def open_broker(url: str | None, data_dir: Path) -> Broker:
    """The broker at a URL, `kafka://host:port[,host:port]`; without one the embedded log in `data_dir`. Not started.

    Raises ValueError for another kind of URL.
    """
    if url is None:
        return EmbeddedBroker(data_dir / LOG_FILE)
    # Kafka's client is slow to load, and the embedded log needs none of it (ADR 0013).
    from clearway_platform.log.kafka.broker import KafkaBroker  # noqa: PLC0415

    return KafkaBroker(KafkaAddress.parse(url))
