"""What the page needs to know to send a person to the issuer, and to take them back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from clearway_dashboard.settings import DashboardSettings
from clearway_platform.settings import Settings


@dataclass(frozen=True, slots=True)
class SignIn:
    """The issuer, and the public client as which the page asks it. Everyone who opens the page can read it."""

    issuer: str
    client_id: str
    scope: str

    @classmethod
    def of(cls, settings: Settings, own: DashboardSettings) -> Self | None:
        """None where keys alone are accepted."""
        issuer = settings.oidc_issuer
        return None if issuer is None else cls(issuer, own.oidc_client_id, own.oidc_scope)

    @property
    def origin(self) -> str:
        """A part of the page's Content-Security-Policy: the page asks for tokens there."""
        parts = urlsplit(self.issuer)
        return f"{parts.scheme}://{parts.netloc}"
