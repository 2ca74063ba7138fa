"""The check of a token: its signature, issuer, audience and time; and what is remembered of it for some seconds."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, JoseError

from clearway_platform.auth.oidc.issuer import IssuerKeys
from clearway_platform.auth.oidc.people import person_of
from clearway_platform.auth.oidc.rules import Rules
from clearway_platform.auth.principals import NotAuthentic, Principal, hash_secret
from clearway_platform.clock import Clock

MOST_CHARACTERS: Final = 16_384
# A token that was checked is not checked again for this time. It saves the signature's arithmetic at each request.
REMEMBERED: Final = timedelta(seconds=30)
_REMEMBERED_TOKENS: Final = 10_000
# What Keycloak writes in `typ` of tokens that are no access tokens.
_OTHER_TOKENS: Final = frozenset({"ID", "Refresh", "Offline", "Logout"})


class TokenPeople:
    """The people behind the access tokens of one issuer."""

    def __init__(self, rules: Rules, keys: IssuerKeys, clock: Clock) -> None:
        self._rules = rules
        self._keys = keys
        self._clock = clock
        self._remembered: dict[str, Principal] = {}
        self._until = clock.now()

    async def principal(self, token: str) -> Principal:
        """Raises NotAuthentic, which says why; IssuerAway when the issuer's keys are not known."""
        if len(token) > MOST_CHARACTERS or not token.isascii():
            raise NotAuthentic("This is no token. Sign in again.")
        now, entry = self._clock.now(), hash_secret(token)
        if now >= self._until or len(self._remembered) >= _REMEMBERED_TOKENS:
            self._remembered, self._until = {}, now + REMEMBERED
        found = self._remembered.get(entry)
        if found is None:
            found = self._remembered[entry] = await self._checked(token)
        if found.has_expired(now):
            raise _expired()
        return found

    async def _checked(self, token: str) -> Principal:
        rules = self._rules
        try:
            header = jws.extract_compact(token.encode()).headers()
            kid = header.get("kid")
            if header.get("alg") not in rules.algorithms or not isinstance(kid, str | None):
                raise NotAuthentic("This token is not signed in a way that is accepted here. Sign in again.")
            keys = await self._keys.with_key(kid)
            claims = jwt.decode(token, keys, algorithms=rules.algorithms).claims
            self._registry().validate(claims)
        except ExpiredTokenError as error:
            raise _expired() from error
        except (JoseError, ValueError, TypeError) as error:
            raise NotAuthentic(f"This token is not accepted: {_said(error)}. Sign in again.") from error
        if claims.get("typ") in _OTHER_TOKENS:
            raise NotAuthentic("This is no access token. Send the access token.")
        return person_of(claims, rules)

    def _registry(self) -> jwt.JWTClaimsRegistry:
        rules = self._rules
        return jwt.JWTClaimsRegistry(
            now=int(self._clock.now().timestamp()),
            leeway=int(rules.leeway.total_seconds()),
            iss={"essential": True, "value": rules.issuer},
            aud={"essential": True, "value": rules.audience},
            exp={"essential": True},
            sub={"essential": True},
        )


def _expired() -> NotAuthentic:
    return NotAuthentic("This token has expired. Sign in again.")


def _said(error: Exception) -> str:
    return str(getattr(error, "description", "") or "it cannot be read").rstrip(".")
