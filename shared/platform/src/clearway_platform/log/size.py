"""How large a message is on the wire, reckoned the same way for both adapters, so that both refuse the same ones."""

from typing import Final

from clearway_platform.log.base import Message

# What Kafka adds to a record and to the batch around it, rounded up.
OVERHEAD_BYTES: Final = 96


def message_bytes(message: Message) -> int:
    headers = sum(len(name.encode()) + len(value) for name, value in message.headers)
    return len(message.key or b"") + len(message.value or b"") + headers + OVERHEAD_BYTES
