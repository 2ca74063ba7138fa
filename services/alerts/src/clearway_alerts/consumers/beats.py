"""A service has said that it runs: its relay is heard, and its consumers as far as they are."""

from dataclasses import dataclass
from functools import partial

from clearway_alerts.storage.beats import keep_beat
from clearway_alerts.warning.hearing import Hearing
from clearway_contracts.envelope import Event
from clearway_contracts.heartbeats import ServiceBeat
from clearway_contracts.vocabulary import SourceKind
from clearway_platform.database.engines import Transaction


@dataclass(frozen=True, slots=True)
class BeatHandler:
    hearing: Hearing

    async def __call__(self, transaction: Transaction, event: Event) -> None:
        assert isinstance(event.data, ServiceBeat)
        beat = event.data.heartbeat
        until = {one.consumer: one.handled_until for one in beat.consumers}
        slowest = await keep_beat(transaction, beat.instance, beat.at, until)
        heard = {SourceKind.RELAY: {beat.service: beat.at}, SourceKind.CONSUMER: slowest}
        transaction.after_commit(partial(self.hearing.note, heard))
