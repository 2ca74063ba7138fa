"""The embedded log: a durable, partitioned log in one SQLite file, for one process on one machine."""

from clearway_platform.log.embedded.broker import EmbeddedBroker
from clearway_platform.log.embedded.ownership import LogInUse

__all__ = ["EmbeddedBroker", "LogInUse"]
