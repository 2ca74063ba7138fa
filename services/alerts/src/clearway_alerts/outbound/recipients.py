"""Where a subscription's messages go, and how much they may say, read from its row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from clearway_alerts.alert_shape import ThinAlert
from clearway_alerts.channels.base import MessageChannel, ProvingChannel
from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.sharing import Endpoint, why_thin
from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.storage.channels import COLUMNS as CHANNEL_COLUMNS
from clearway_alerts.storage.channels import StoredRow
from clearway_alerts.storage.owners import OWNER_COLUMNS, owner_ceiling
from clearway_alerts.storage.proofs import PROOF_COLUMNS, is_proved
from clearway_alerts.storage.unreadable import why_unreadable
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.handling import Handling
from clearway_platform.auth.ceilings import Ceiling

COLUMNS: Final = ("state", "state_reason", "revision", *OWNER_COLUMNS, *CHANNEL_COLUMNS, *PROOF_COLUMNS)


@dataclass(frozen=True, slots=True)
class Address:
    """The channel, its name, the `destination` there, which is the channel's own, the ceiling of the key to which the
    subscription belongs, and what the rule of sharing needs to know of the receiver."""

    name: str
    channel: MessageChannel
    destination: Any
    ceiling: Ceiling
    endpoint: Endpoint

    @property
    def host(self) -> str:
        return self.channel.host(self.destination)

    def message(self, alert: AlertState) -> bytes:
        """The message of an alert, as much as it may say."""
        return self.channel.render(self._said(alert))

    def digest(self, digest: DigestState) -> bytes:
        """The message of a digest, as much as it may say."""
        alerts = [self._said(alert) for alert in digest.alerts]
        return self.channel.render_digest(digest.model_copy(update={"alerts": ()}), alerts)

    def why_thin(self, handling: Handling) -> str | None:
        """Why a message about such an incident is thin; None when it is full."""
        return why_thin(handling, self.ceiling, self.endpoint)

    def _said(self, alert: AlertState) -> AlertState | ThinAlert:
        why = self.why_thin(alert.handling)
        return alert if why is None else ThinAlert.of(alert, why)


@dataclass(frozen=True, slots=True)
class Recipient:
    """`address` is None where this process cannot read the channel, and `unreadable` says why: the messages are kept
    for a process that can."""

    address: Address | None
    state: SubscriptionState
    state_reason: str | None
    revision: int
    unreadable: str
    owner: str


def recipient_of(row: StoredRow, channels: Channels) -> Recipient | None:
    """The recipient of a row with COLUMNS; None when the channel sends no messages."""
    address, why = None, ""
    try:
        address = _address(row, channels)
        if address is None:
            return None
    except Exception as error:  # whatever it is, it is about this row alone
        why = why_unreadable(error)
    return Recipient(address, SubscriptionState(row["state"]), row["state_reason"], row["revision"], why, row["owner"])


def _address(row: StoredRow, channels: Channels) -> Address | None:
    stored = channels.stored(row)
    form = channels.read(stored.form)
    channel = channels.sending(form.type)
    if channel is None:
        return None
    is_unproved = isinstance(channel, ProvingChannel) and not is_proved(row)
    endpoint = Endpoint(channel.thin_at, channel.asks_thin(form), is_unproved)
    return Address(form.type, channel, channel.destination(form, stored.secrets), owner_ceiling(row), endpoint)
