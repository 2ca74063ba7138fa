"""A service has said that it runs: its relay is heard, and its consumers as far as they are."""

from collections.abc import Callable
from dataclasses import dataclass

from clearway_alerts.storage.beats import keep_beat
from clearway_alerts.storage.sources import note_heard
from clearway_contracts.envelope import Event
from clearway_contracts.heartbeats import ServiceBeat
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.database.engines import Transaction


@dataclass(frozen=True, slots=True)
class BeatHandler:
    """`heard_again` is called after the commit when a source that was silent was heard."""

    heard_again: Callable[[], None]

    async def __call__(self, transaction: Transaction, event: Event) -> None:
        assert isinstance(event.data, ServiceBeat)
        beat = event.data.heartbeat
        until = {one.consumer: one.handled_until for one in beat.consumers}
        slowest = await keep_beat(transaction, beat.instance, beat.at, until)
        heard = {SourceKind.RELAY: {beat.service: beat.at}, SourceKind.CONSUMER: slowest}
        if await note_heard(transaction, heard):
            transaction.after_commit(self.heard_again)
