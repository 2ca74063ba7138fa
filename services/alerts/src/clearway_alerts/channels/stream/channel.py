"""The list and the event stream, which a subscriber reads by himself."""

from typing import Any, Literal

from pydantic import BaseModel

from clearway_alerts.channels.base import Channel, ChannelForm, Secrets


class StreamForm(ChannelForm):
    """Nothing is sent: the alerts are read from the list and the stream."""

    type: Literal["stream"]


class StreamShown(BaseModel):
    """The list and the stream."""

    type: Literal["stream"]


class StreamChannel(Channel):
    form = StreamForm
    shown_form = StreamShown

    def shown(self, form: Any, secrets: Secrets, *, whole: bool) -> StreamShown:
        return StreamShown(type="stream")
