"""Kafka's errors translated to those of the port, whose class determines the recovery."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from aiokafka import errors

from clearway_platform.log.base import BrokerError, BrokerUnavailable, MessageTooLarge, NotAssigned, UnknownTopic


class SessionTooShort(BrokerError):
    """The brokers accept no session of a group's member that is so short."""


MEANINGS: Final[tuple[tuple[type[BrokerError], tuple[type[Exception], ...]], ...]] = (
    (SessionTooShort, (errors.InvalidSessionTimeoutError,)),
    (MessageTooLarge, (errors.MessageSizeTooLargeError, errors.RecordListTooLargeError)),
    (UnknownTopic, (errors.UnknownTopicOrPartitionError, errors.InvalidTopicError)),
    (
        NotAssigned,
        (
            errors.IllegalStateError,
            errors.CommitFailedError,
            errors.IllegalGenerationError,
            errors.UnknownMemberIdError,
            errors.RebalanceInProgressError,
        ),
    ),
    (BrokerError, (errors.IllegalOperation, errors.ConsumerStoppedError)),
)


def translated(error: Exception) -> BrokerError:
    """The port's error. An error that is not known to be final is BrokerUnavailable: the work is repeated, in order."""
    text = str(error) or type(error).__name__
    for meaning, causes in MEANINGS:
        if isinstance(error, causes):
            return meaning(text)
    return BrokerUnavailable(text)


@asynccontextmanager
async def within(seconds: float, action: str) -> AsyncIterator[None]:
    """Limit the time of a block, and translate its errors to those of the port."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        raise BrokerUnavailable(f"Kafka did not answer in {seconds:g} s: {action}") from error
    except (errors.KafkaError, errors.IllegalOperation, errors.ConsumerStoppedError, OSError) as error:
        raise translated(error) from error
