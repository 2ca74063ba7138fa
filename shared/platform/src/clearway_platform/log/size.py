"""The size of a message on the wire, computed once for both adapters, so that both refuse the same messages."""

from typing import Final

from clearway_platform.log.base import Message

# What Kafka adds to a record and to the batch around it, rounded up.
OVERHEAD_BYTES: Final = 96


def message_bytes(message: Message) -> int:
    headers = sum(len(name.encode()) + len(value) for name, value in message.headers)
    return len(message.key or b"") + len(message.value or b"") + headers + OVERHEAD_BYTES
