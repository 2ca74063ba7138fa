"""The embedded log: a durable, partitioned log in one SQLite file, for one process on one machine."""

from clearway_shared.broker.embedded.broker import EmbeddedBroker
from clearway_shared.broker.embedded.ownership import LogInUse

__all__ = ["EmbeddedBroker", "LogInUse"]
