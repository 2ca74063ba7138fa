"""The webhook as a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from yarl import URL

from clearway_alerts.alert_shape import ThinAlert
from clearway_alerts.channels.base import AttemptResult, NoSecret, Outgoing, ProvingChannel, Secrets
from clearway_alerts.channels.webhook.addresses import ForbiddenUrl, Network, check_url
from clearway_alerts.channels.webhook.form import Content, WebhookForm, WebhookShown
from clearway_alerts.channels.webhook.proving import why_unproved
from clearway_alerts.channels.webhook.rendering import alert_body, challenge_body, digest_body, test_body
from clearway_alerts.channels.webhook.request import WebhookClient, webhook_client
from clearway_alerts.channels.webhook.signing import SigningKeys, new_key_pair, new_secret
from clearway_contracts.alert import AlertState, DigestState
from clearway_contracts.vocabulary import Tlp
from clearway_platform.clock import Clock
from clearway_platform.refusals import Invalid

# While a receiver changes over to a new secret, the old one signs too.
OVERLAP: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Webhook:
    """One subscription's webhook: where it is, on which host, and what its messages are signed with."""

    url: str
    host: str
    keys: SigningKeys


@dataclass(frozen=True, slots=True)
class WebhookSender:
    client: WebhookClient

    async def attempt(self, destination: Webhook, message: Outgoing) -> AttemptResult:
        headers = destination.keys.headers(str(message.id), message.at, message.body)
        return await self.client.post(destination.url, message.body, headers)

    async def challenge(self, destination: Webhook, message: Outgoing, token: str) -> str | None:
        headers = destination.keys.headers(str(message.id), message.at, message.body)
        return why_unproved(await self.client.ask(destination.url, message.body, headers), token)


class WebhookChannel(ProvingChannel):
    """`allowed` are networks that webhooks may reach although they are not public. `name_servers` are asked for
    addresses in place of the system's. `proxy` is the way out."""

    form = WebhookForm
    shown_form = WebhookShown
    thin_at = frozenset({Tlp.AMBER_STRICT, Tlp.RED})

    def __init__(
        self,
        clock: Clock,
        *,
        allowed: tuple[Network, ...],
        timeout: timedelta,
        name_servers: Sequence[str] = (),
        proxy: URL | None = None,
    ) -> None:
        self.timeout = timeout
        self._clock = clock
        self._allowed = allowed
        self._name_servers = name_servers
        self._proxy = proxy

    def check(self, form: WebhookForm) -> None:
        try:
            check_url(form.url, self._allowed)
        except ForbiddenUrl as error:
            raise Invalid("channel.url", str(error), error.remedy) from error

    def new_secrets(self) -> Secrets:
        private_key, public_key = new_key_pair()
        return {"secret": new_secret(), "private_key": private_key, "public_key": public_key}

    def rotated(self, secrets: Secrets, now: datetime) -> Secrets:
        """The old secret signs too for a day."""
        if not secrets.get("secret"):
            raise NoSecret
        overlap = {"old_secret": secrets["secret"], "old_secret_until": (now + OVERLAP).isoformat()}
        return {**secrets, "secret": new_secret(), **overlap}

    def shown(self, form: WebhookForm, secrets: Secrets, *, whole: bool) -> WebhookShown:
        """The path of a webhook may be a secret in itself, so others see only its host."""
        parts = URL(form.url)
        url = form.url if whole else f"{parts.scheme}://{parts.raw_host}/…"
        key, thin_at = secrets["public_key"], sorted(self.thin_at)
        return WebhookShown(type="webhook", url=url, content=form.content, public_key=key, thin_at=thin_at)

    def revealed(self, secrets: Secrets) -> str | None:
        secret: str | None = secrets.get("secret")
        return secret

    def destination(self, form: WebhookForm, secrets: Secrets) -> Webhook:
        until = secrets.get("old_secret_until")
        keys = SigningKeys(
            secrets["secret"],
            secrets["private_key"],
            secrets.get("old_secret"),
            datetime.fromisoformat(until) if until else None,
        )
        return Webhook(form.url, URL(form.url).raw_host or "", keys)

    def host(self, destination: Webhook) -> str:
        return destination.host

    def asks_thin(self, form: WebhookForm) -> bool:
        return form.content is Content.THIN

    def render(self, alert: AlertState | ThinAlert) -> bytes:
        return alert_body(alert)

    def render_digest(self, digest: DigestState, alerts: Sequence[AlertState | ThinAlert]) -> bytes:
        return digest_body(digest, alerts)

    def render_test(self, subscription_id: UUID, mission: str, at: datetime) -> bytes:
        return test_body(subscription_id, mission, at)

    def render_challenge(self, subscription_id: UUID, mission: str, token: str, at: datetime) -> bytes:
        return challenge_body(subscription_id, mission, token, at)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[WebhookSender]:
        seconds = self.timeout.total_seconds()
        async with webhook_client(self._allowed, seconds, self._clock, self._name_servers, self._proxy) as client:
            yield WebhookSender(client)
