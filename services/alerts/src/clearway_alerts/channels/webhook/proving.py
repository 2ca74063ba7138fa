"""Whether the answer to a challenge proves that the receiver reads what it is sent."""

import hmac
import json

from clearway_alerts.channels.webhook.request import Answer


def why_unproved(answer: Answer, token: str) -> str | None:
    """What is wrong with the answer; None when it holds the token: as its whole text, or in JSON as `challenge`."""
    if answer.error is not None:
        return f"The endpoint did not take the challenge: {answer.error}."
    if not answer.body.strip():
        return "The endpoint answered the challenge with an empty body."
    if hmac.compare_digest(_token_in(answer.body), token.encode()):
        return None
    return "The endpoint answered the challenge with another text than the token of the challenge."


def _token_in(body: bytes) -> bytes:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return body.strip()
    token = said.get("challenge") if isinstance(said, dict) else said
    return token.encode("utf-8", "replace") if isinstance(token, str) else body.strip()
