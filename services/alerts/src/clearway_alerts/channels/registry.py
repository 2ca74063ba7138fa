"""The channels of this process, by the `type` of their forms."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from clearway_alerts.channels.base import Channel, ChannelForm, MessageChannel
from clearway_alerts.sealing.keys import Keyring
from clearway_alerts.storage.channels import NO_KEYS, StoredChannel, StoredRow, read_channel


class Channels:
    """Built in `wiring.py` from the list of channels there, and the keys with which their secrets are sealed."""

    def __init__(self, channels: Iterable[Channel], keys: Keyring = NO_KEYS) -> None:
        self.keys = keys
        self._by_name = {channel.name(): channel for channel in channels}
        forms: Any = reduce(or_, (channel.form for channel in self._by_name.values()))
        form: Any = Annotated[forms, Field(discriminator="type")] if len(self._by_name) > 1 else forms
        self._form: TypeAdapter[ChannelForm] = TypeAdapter(form)

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._by_name.values())

    def read(self, data: Any) -> ChannelForm:
        """The form of the channel that `data` names. Raises pydantic's ValidationError."""
        return self._form.validate_python(data)

    def stored(self, row: StoredRow) -> StoredChannel:
        """The channel of a row, whose secrets open with the keys of this process. Raises NewerState."""
        return read_channel(row, self.keys)

    def of(self, form: ChannelForm) -> Channel:
        return self._by_name[form.type]

    def sending(self, name: str) -> MessageChannel | None:
        """The channel if messages are sent by it; None when it sends none, and when it is unknown."""
        channel = self._by_name.get(name)
        return channel if isinstance(channel, MessageChannel) else None

    @property
    def sending_all(self) -> dict[str, MessageChannel]:
        """All that messages are sent by."""
        return {name: channel for name, channel in self._by_name.items() if isinstance(channel, MessageChannel)}
