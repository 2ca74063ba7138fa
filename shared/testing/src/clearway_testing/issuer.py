"""A small issuer of OpenID Connect: discovery, keys, the authorization code flow with PKCE, renewal, and rotation.

Its tokens have the claims of Keycloak's. A person signs in by a button with their name.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

AUDIENCE: Final = "clearway"
CLIENT: Final = "clearway-dashboard"
LIFETIME_SECONDS: Final = 300
_CORS: Final = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*"}

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Issuer:
    """Listens on a free port of this machine. `people`: the claims of each person who can sign in, by their name.

    `answers` is false while it is away: every request to it then fails. `asked` counts the requests by their path.
    """

    def __init__(self, people: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self.people = dict(people or {})
        self.answers = True
        self.asked: dict[str, int] = {}
        self.lifetime = LIFETIME_SECONDS
        self._keys = [_new_key()]
        self._codes: dict[str, dict[str, str]] = {}
        self._renewals: dict[str, str] = {}
        self._runner: web.AppRunner | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}/realms/mission"

    def rotate(self) -> None:
        """Sign with a new key from now on. The ones before stay published."""
        self._keys.append(_new_key())

    def withdraw(self) -> None:
        """Publish the newest key alone."""
        self._keys = self._keys[-1:]

    def token(self, person: str, **claims: object) -> str:
        """An access token of a person, as the issuer would give it now. `claims` replace those of the person; None is
        none."""
        return self.forged(self._keys[-1], person, **claims)

    def forged(self, key: RSAKey, person: str, **claims: object) -> str:
        """The same, signed with this key under the id of the present one."""
        now = int(time.time())
        whole = {
            "iss": self.url,
            "sub": f"subject-of-{person}",
            "aud": [AUDIENCE, "account"],
            "azp": CLIENT,
            "typ": "Bearer",
            "iat": now,
            "exp": now + self.lifetime,
            "jti": secrets.token_hex(8),
            "preferred_username": person,
            **self.people.get(person, {}),
            **claims,
        }
        own = self._keys[-1]
        header = {"alg": "RS256", "typ": "JWT", "kid": own.kid}
        return jwt.encode(header, {name: value for name, value in whole.items() if value is not None}, key)

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._counted])
        base = "/realms/mission"
        app.router.add_get(f"{base}/.well-known/openid-configuration", self._describe)
        app.router.add_get(f"{base}/certs", self._publish)
        app.router.add_get(f"{base}/auth", self._ask)
        app.router.add_get(f"{base}/entered", self._enter)
        app.router.add_post(f"{base}/token", self._give)
        app.router.add_get(f"{base}/logout", self._end)
        app.router.add_route("OPTIONS", "/{path:.*}", self._allow)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @web.middleware
    async def _counted(self, request: web.Request, handler: Answer) -> web.StreamResponse:
        name = request.path.rpartition("/")[2]
        self.asked[name] = self.asked.get(name, 0) + 1
        if not self.answers:
            return web.Response(status=503, headers=_CORS)
        return await handler(request)

    async def _allow(self, _request: web.Request) -> web.Response:
        return web.Response(status=204, headers=_CORS)

    async def _describe(self, _request: web.Request) -> web.Response:
        described = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": f"{self.url}/token",
            "end_session_endpoint": f"{self.url}/logout",
            "jwks_uri": f"{self.url}/certs",
            "response_types_supported": ["code"],
            "code_challenge_methods_supported": ["S256"],
        }
        return web.json_response(described, headers=_CORS)

    async def _publish(self, _request: web.Request) -> web.Response:
        return web.json_response(KeySet(list(self._keys)).as_dict(private=False), headers=_CORS)

    async def _ask(self, request: web.Request) -> web.Response:
        """The page at which a person says who they are."""
        query = request.query
        if query["response_type"] != "code" or query["code_challenge_method"] != "S256" or query["client_id"] != CLIENT:
            return web.Response(status=400, text="code with S256 is asked for, by the dashboard")
        links = "".join(
            f'<p><a href="{self.url}/entered?{escape(urlencode({**query, "person": person}))}">{escape(person)}</a></p>'
            for person in self.people
        )
        return web.Response(text=f"<h1>Issuer of the mission</h1>{links}", content_type="text/html")

    async def _enter(self, request: web.Request) -> web.Response:
        query, code = request.query, secrets.token_urlsafe(16)
        self._codes[code] = dict(query)
        back = urlencode({"code": code, "state": query["state"], "iss": self.url})
        raise web.HTTPFound(f"{query['redirect_uri']}?{back}")

    async def _give(self, request: web.Request) -> web.Response:
        """Tokens for a code, once, to who has its verifier; or for what renews them, once."""
        form = await request.post()
        if form["grant_type"] == "refresh_token":
            person = self._renewals.pop(str(form["refresh_token"]), None)
            return _refused() if person is None else self._tokens(person, None)
        asked = self._codes.pop(str(form["code"]), None)
        if asked is None or asked["redirect_uri"] != form["redirect_uri"]:
            return _refused()
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return _refused()
        return self._tokens(asked["person"], asked.get("nonce"))

    def _tokens(self, person: str, nonce: str | None) -> web.Response:
        renewal = secrets.token_urlsafe(16)
        self._renewals[renewal] = person
        given = {
            "access_token": self.token(person),
            "id_token": self.token(person, typ="ID", aud=CLIENT, nonce=nonce),
            "refresh_token": renewal,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
            "scope": "openid profile",
        }
        return web.json_response(given, headers=_CORS)

    async def _end(self, request: web.Request) -> web.Response:
        raise web.HTTPFound(request.query.get("post_logout_redirect_uri", self.url))


def _refused() -> web.Response:
    return web.json_response({"error": "invalid_grant"}, status=400, headers=_CORS)


def _new_key() -> RSAKey:
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)


def strange_key() -> RSAKey:
    """A key of somebody else."""
    return _new_key()
