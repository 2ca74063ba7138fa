"""A subscription's channel in its row: the form in one column, the secrets apart from it.

Where this process has a key, the secrets of every channel stand in `sealed_secrets` and nowhere else, but for a
webhook's public key. Without one they stand in the clear, as in the rows of an older program, which go before what is
sealed.

A webhook's address, and its secrets in the clear, stay in the columns that release 0.1.0 made. It may run beside this
version, and change them: what they hold goes before `channel`. Any other channel has its secrets in the clear in
`channel_secrets`; 0.1.0 takes its subscription for one that is read from the stream.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any, Final, TypeAlias
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import RowMapping

from clearway_alerts.sealing.envelope import seal, unseal
from clearway_alerts.sealing.keys import Keyring
from clearway_platform.database.states import StateVersions

Form: TypeAlias = dict[str, Any]
StoredRow: TypeAlias = RowMapping | Mapping[str, Any]
# Which fields there are depends on the type: the channel's own form validates them.
CHANNEL: Final[StateVersions[Form]] = StateVersions("channel", TypeAdapter(Form))
NO_KEYS: Final = Keyring()
_WEBHOOK: Final = "webhook"
_STREAM: Final = "stream"
_WEBHOOK_SECRETS: Final = ("secret", "old_secret", "old_secret_until", "private_key", "public_key")
_PLAIN: Final = ("public_key",)
COLUMNS: Final = ("id", "channel", "channel_secrets", "sealed_secrets", "url", *_WEBHOOK_SECRETS)
IN_THE_CLEAR: Final = ("channel_secrets", "secret", "old_secret", "old_secret_until", "private_key")
FORGOTTEN: Final[Mapping[str, None]] = {
    "channel_secrets": None,
    "sealed_secrets": None,
    "secret": None,
    "old_secret": None,
    "private_key": None,
}


@dataclass(frozen=True, slots=True)
class StoredChannel:
    """The form, with its `type`, and the secrets, as JSON. Those that are sealed are opened when one is asked for."""

    form: Form
    secrets: Mapping[str, Any]

    @property
    def type(self) -> str:
        name: str = self.form["type"]
        return name


class _Sealed(Mapping[str, Any]):
    """Secrets that are opened when one of them is asked for. Raises MissingKey and NotSealedHere then."""

    def __init__(self, plain: Mapping[str, Any], open_: Callable[[], Mapping[str, Any]]) -> None:
        self._plain = plain
        self._open = cache(open_)

    def __getitem__(self, name: str) -> Any:
        return self._plain[name] if name in self._plain else self._open()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._open())

    def __len__(self) -> int:
        return len(self._open())


def read_channel(row: StoredRow, keys: Keyring = NO_KEYS) -> StoredChannel:
    """The channel of a row with COLUMNS. Raises NewerState."""
    if row["url"] is not None:
        kept = {} if row["channel"] is None else CHANNEL.read(row["channel"])
        form = {**kept, "type": _WEBHOOK, "url": row["url"]}
        return StoredChannel(form, _read_webhook_secrets(row) if row["secret"] is not None else _opened(row, keys))
    if row["channel"] is None:
        return StoredChannel({"type": _STREAM}, {})
    return StoredChannel(CHANNEL.read(row["channel"]), row["channel_secrets"] or _opened(row, keys))


def is_in_the_clear(row: StoredRow) -> bool:
    return any(row[name] is not None for name in IN_THE_CLEAR)


def _opened(row: StoredRow, keys: Keyring) -> Mapping[str, Any]:
    if row["sealed_secrets"] is None:
        return _read_webhook_secrets(row) if row["url"] is not None else {}
    plain = {name: row[name] for name in _PLAIN if row[name] is not None}
    return _Sealed(plain, partial(unseal, keys, row["id"], row["sealed_secrets"]))


def form_columns(form: Form) -> dict[str, Any]:
    return {"channel": CHANNEL.write(form), "url": form["url"] if form["type"] == _WEBHOOK else None}


def secret_columns(
    type_: str, secrets: Mapping[str, Any], subscription_id: UUID, keys: Keyring = NO_KEYS
) -> dict[str, Any]:
    """The columns of secrets: sealed where there is a key that seals."""
    if secrets and (key := keys.sealing) is not None:
        plain = {name: secrets.get(name) for name in _PLAIN}
        return dict.fromkeys(IN_THE_CLEAR) | plain | {"sealed_secrets": seal(key, subscription_id, secrets)}
    return clear_columns(type_, secrets)


def clear_columns(type_: str, secrets: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of secrets in the clear, as 0.1.0 reads them."""
    if type_ != _WEBHOOK:
        return {"channel_secrets": dict(secrets)} if secrets else {}
    until = secrets.get("old_secret_until")
    columns = {name: secrets.get(name) for name in _WEBHOOK_SECRETS}
    return columns | {"old_secret_until": datetime.fromisoformat(until) if until else None}


def _read_webhook_secrets(row: StoredRow) -> dict[str, Any]:
    secrets = {name: row[name] for name in _WEBHOOK_SECRETS}
    until: datetime | None = row["old_secret_until"]
    return secrets | {"old_secret_until": until.isoformat() if until else None}
