"""A subscription's channel in its row: the form in one column, the secrets apart from it.

A webhook's address and secrets stay in the columns that release 0.1.0 made. It may run beside this version, and change
them: what they hold goes before `channel`. Any other channel keeps its secrets in `channel_secrets`; 0.1.0 takes its
subscription for one that is read from the stream.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from clearway_platform.database.states import StateVersions

Form: TypeAlias = dict[str, Any]
StoredRow: TypeAlias = RowMapping | Mapping[str, Any]
# Which fields there are depends on the type: the channel's own form validates them.
CHANNEL: Final[StateVersions[Form]] = StateVersions("channel", TypeAdapter(Form))
_WEBHOOK: Final = "webhook"
_STREAM: Final = "stream"
_WEBHOOK_SECRETS: Final = ("secret", "old_secret", "old_secret_until", "private_key", "public_key")
COLUMNS: Final = ("channel", "channel_secrets", "url", *_WEBHOOK_SECRETS)
FORGOTTEN: Final[Mapping[str, None]] = {
    "channel_secrets": None,
    "secret": None,
    "old_secret": None,
    "private_key": None,
}


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """The form, with its `type`, and the secrets, as JSON."""

    form: Form
    secrets: dict[str, Any]

    @property
    def type(self) -> str:
        name: str = self.form["type"]
        return name


def read_channel(row: StoredRow) -> StoredChannel:
    """The channel of a row with COLUMNS. Raises NewerState."""
    if row["url"] is not None:
        kept = {} if row["channel"] is None else CHANNEL.read(row["channel"])
        return StoredChannel({**kept, "type": _WEBHOOK, "url": row["url"]}, _read_webhook_secrets(row))
    if row["channel"] is None:
        return StoredChannel({"type": _STREAM}, {})
    return StoredChannel(CHANNEL.read(row["channel"]), row["channel_secrets"] or {})


def form_columns(form: Form) -> dict[str, Any]:
    return {"channel": CHANNEL.write(form), "url": form["url"] if form["type"] == _WEBHOOK else None}


def secret_columns(type_: str, secrets: Mapping[str, Any]) -> dict[str, Any]:
    if type_ != _WEBHOOK:
        return {"channel_secrets": dict(secrets)} if secrets else {}
    until = secrets.get("old_secret_until")
    columns = {name: secrets.get(name) for name in _WEBHOOK_SECRETS}
    return columns | {"old_secret_until": datetime.fromisoformat(until) if until else None}


def _read_webhook_secrets(row: StoredRow) -> dict[str, Any]:
    secrets = {name: row[name] for name in _WEBHOOK_SECRETS}
    until: datetime | None = row["old_secret_until"]
    return secrets | {"old_secret_until": until.isoformat() if until else None}
