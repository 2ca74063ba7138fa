"""Where a subscription's messages go, read from its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import structlog
from pydantic import ValidationError

from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.storage.channels import COLUMNS as CHANNEL_COLUMNS
from clearway_alerts.storage.channels import StoredRow, read_channel
from clearway_platform.database.states import NewerState

COLUMNS: Final = ("state", "state_reason", "revision", *CHANNEL_COLUMNS)
_UNKNOWN: Final = "unknown"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Recipient:
    """`destination` is the channel's own. It is None where this process does not know the channel: another one may."""

    channel: str
    destination: Any
    state: SubscriptionState
    state_reason: str | None
    revision: int


def recipient_of(row: StoredRow, channels: Channels) -> Recipient | None:
    """The recipient of a row with COLUMNS; None when the subscriber reads alerts by himself."""
    channel, destination = _destination(row, channels)
    if channel is None:
        return None
    return Recipient(channel, destination, SubscriptionState(row["state"]), row["state_reason"], row["revision"])


def _destination(row: StoredRow, channels: Channels) -> tuple[str | None, Any]:
    """A channel that cannot be read keeps its messages, and no other subscription's from being sent."""
    try:
        stored = read_channel(row)
        form = channels.read(stored.form)
    except (NewerState, ValidationError) as error:
        _log.warning("channel_not_known", error=type(error).__name__)
        return _UNKNOWN, None
    channel = channels.sending(form.type)
    return (None, None) if channel is None else (form.type, channel.destination(form, stored.secrets))
