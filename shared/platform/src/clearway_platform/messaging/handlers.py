"""Handlers: what a consumer does with the events that it has taken, one by one or several together."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from opentelemetry import trace

from clearway_contracts.envelope import Event
from clearway_platform.database.engines import Transaction

Handler = Callable[[Transaction, Event], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Taken:
    """An event that was taken, and its span in the trace in which the event was made."""

    event: Event
    span: trace.Span

    def in_its_trace(self) -> AbstractContextManager[trace.Span]:
        """Surrounds what is done for this event alone, such as making the events that it causes."""
        return trace.use_span(self.span, record_exception=False, set_status_on_exception=False)


class BatchHandler(ABC):
    """Handles several events in one transaction as if they came one by one: it reads once for all of them, and writes
    once for all of them. A statement costs more than most of what is decided between two of them.

    A failure is that of all of them: they are then handed over one by one, so one alone is handled as several are.
    """

    @abstractmethod
    async def __call__(self, transaction: Transaction, taken: Sequence[Taken]) -> None:
        """The events are of one mission, one at least, in the order of the log."""
