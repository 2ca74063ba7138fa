"""Where a subscription's messages go, read from its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from clearway_alerts.channels.base import MessageChannel
from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.storage.channels import COLUMNS as CHANNEL_COLUMNS
from clearway_alerts.storage.channels import StoredRow, read_channel
from clearway_alerts.storage.unreadable import why_unreadable

COLUMNS: Final = ("state", "state_reason", "revision", *CHANNEL_COLUMNS)


@dataclass(frozen=True, slots=True)
class Address:
    """The channel, its name, and the `destination` there, which is the channel's own."""

    name: str
    channel: MessageChannel
    destination: Any


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address` is None where this process cannot read the channel, and `unreadable` says why: the messages are kept
    for a process that can."""

    address: Address | None
    state: SubscriptionState
    state_reason: str | None
    revision: int
    unreadable: str


def recipient_of(row: StoredRow, channels: Channels) -> Recipient | None:
    """The recipient of a row with COLUMNS; None when the channel sends no messages."""
    address, why = None, ""
    try:
        address = _address(row, channels)
        if address is None:
            return None
    except Exception as error:  # whatever it is, it is about this row alone
        why = why_unreadable(error)
    return Recipient(address, SubscriptionState(row["state"]), row["state_reason"], row["revision"], why)


def _address(row: StoredRow, channels: Channels) -> Address | None:
    stored = read_channel(row)
    form = channels.read(stored.form)
    channel = channels.sending(form.type)
    return Address(form.type, channel, channel.destination(form, stored.secrets)) if channel else None
