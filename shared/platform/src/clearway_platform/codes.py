"""The kinds of problem: a stable code for each, its meaning and its remedy, as on the page of its type."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Final

PAGES: Final = "/problems"


class Code(StrEnum):
    """The codes that programs compare. They do not change; new ones may be added."""

    UNKNOWN_PARAMETER = "unknown_parameter"
    UNKNOWN_CHOICE = "unknown_choice"
    BAD_CURSOR = "bad_cursor"
    BAD_ETAG = "bad_etag"
    NO_KEY = "no_key"
    BAD_KEY = "bad_key"
    BAD_TICKET = "bad_ticket"
    NOT_PERMITTED = "not_permitted"
    NOT_YOURS = "not_yours"
    NO_SUCH_ADDRESS = "no_such_address"
    NOT_FOUND = "not_found"
    NO_SUCH_METHOD = "no_such_method"
    NOT_ACCEPTABLE = "not_acceptable"
    CONFLICT = "conflict"
    STALE_REVISION = "stale_revision"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    INVALID = "invalid"
    KEY_REUSED = "idempotency_key_reused"
    NO_REVISION = "if_match_missing"
    TOO_MANY_REQUESTS = "too_many_requests"
    QUOTA_USED_UP = "quota_used_up"
    FAILED = "failed"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Kind:
    """The meaning of a code, for people."""

    status: HTTPStatus
    title: str
    means: str
    remedy: str


KINDS: Final[Mapping[Code, Kind]] = {
    Code.UNKNOWN_PARAMETER: Kind(
        HTTPStatus.BAD_REQUEST,
        "Unknown query parameter",
        "The query has a parameter that this address does not have. It is refused, because a misspelt filter that is "
        "ignored would return too many items.",
        "Use one of the parameters that the answer lists.",
    ),
    Code.UNKNOWN_CHOICE: Kind(
        HTTPStatus.BAD_REQUEST,
        "Unknown name",
        "A parameter names something that does not exist, such as a type of event.",
        "Use one of the names that the answer lists.",
    ),
    Code.BAD_CURSOR: Kind(
        HTTPStatus.BAD_REQUEST,
        "Not a cursor of this list",
        "The cursor was not returned by this list or stream.",
        "Send `next` of the previous page without changes, or start again without a cursor.",
    ),
    Code.BAD_ETAG: Kind(
        HTTPStatus.BAD_REQUEST,
        "Not an ETag",
        "If-Match is not the ETag of one revision.",
        'Send the ETag that you last read, with its quotes, as in "3".',
    ),
    Code.NO_KEY: Kind(
        HTTPStatus.UNAUTHORIZED,
        "No API key",
        "The request has no API key.",
        "Send the header `Authorization: Bearer cwk_…`. Your mission's administrator makes keys with "
        "`clearway keys create`.",
    ),
    Code.BAD_KEY: Kind(
        HTTPStatus.UNAUTHORIZED,
        "API key or token not valid",
        "The API key is unknown, was revoked or has expired, or it is not accepted from this address; or the token of "
        "a person who signed in is not accepted.",
        "Check that it was copied completely and has not expired, sign in again, or ask your mission's administrator "
        "for another key.",
    ),
    Code.BAD_TICKET: Kind(
        HTTPStatus.UNAUTHORIZED,
        "Stream ticket not valid",
        "The stream ticket is unknown, was used, or has expired.",
        "Get a new one at POST /v1/stream-tickets each time before the stream is opened.",
    ),
    Code.NOT_PERMITTED: Kind(
        HTTPStatus.FORBIDDEN,
        "The role may not do this",
        "The role of the API key does not have the permission, or the key is limited to scopes without it.",
        "Use a key with the permission that the answer names.",
    ),
    Code.NOT_YOURS: Kind(
        HTTPStatus.FORBIDDEN,
        "Not allowed with this object",
        "The role may do this, but not with this object: it belongs to someone else, or someone else must decide.",
        "Ask its owner, another verifier, an operator or an administrator.",
    ),
    Code.NO_SUCH_ADDRESS: Kind(
        HTTPStatus.NOT_FOUND,
        "No such address",
        "This address does not exist.",
        "The documentation at /docs lists every address.",
    ),
    Code.NOT_FOUND: Kind(
        HTTPStatus.NOT_FOUND,
        "No such object",
        "Your mission has no object with this id. The answer is the same when another mission has one.",
        "Check the id, and the mission of the API key.",
    ),
    Code.NO_SUCH_METHOD: Kind(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "No such method here",
        "This address does not support this method.",
        "Use one of the methods in the header Allow.",
    ),
    Code.NOT_ACCEPTABLE: Kind(
        HTTPStatus.NOT_ACCEPTABLE,
        "Format not available",
        "The header Accept allows no format of this address.",
        "Send a format that the answer names, or leave Accept out.",
    ),
    Code.CONFLICT: Kind(
        HTTPStatus.CONFLICT,
        "Not possible in the present state",
        "The request contradicts the record, or the present state does not allow it.",
        "Read the object again. The answer says what prevents the change.",
    ),
    Code.STALE_REVISION: Kind(
        HTTPStatus.PRECONDITION_FAILED,
        "Changed by someone else",
        "Someone else changed the object after you read it.",
        "Read it again, and repeat the change with its new ETag if the change is still right.",
    ),
    Code.TOO_LARGE: Kind(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "Too large",
        "The request is too large.",
        "Send less at once; the answer has the limit.",
    ),
    Code.NOT_JSON: Kind(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "Not sent as JSON",
        "The header Content-Type does not say that the body is JSON, so the body was not read.",
        "Send JSON, with the header `Content-Type: application/json`.",
    ),
    Code.INVALID: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Not valid",
        "A part of the request is not valid. Nothing was changed.",
        "`errors` has the place, the problem and the remedy of each error.",
    ),
    Code.KEY_REUSED: Kind(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Idempotency-Key already used",
        "This Idempotency-Key was used with another request.",
        "Send a new key with a new request. A repeat of the first request must be the same byte for byte.",
    ),
    Code.NO_REVISION: Kind(
        HTTPStatus.PRECONDITION_REQUIRED,
        "If-Match is missing",
        "A change without If-Match could overwrite a revision that its sender has not seen.",
        "Read the object, and send its ETag in If-Match.",
    ),
    Code.TOO_MANY_REQUESTS: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too many requests",
        "There were too many requests.",
        "Wait as long as the header Retry-After says, then repeat.",
    ),
    Code.QUOTA_USED_UP: Kind(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Share used up",
        "The key, its mission or the address has used up its share, so that others keep theirs. Nothing was changed.",
        "Wait as long as the header Retry-After says, then repeat. RateLimit-Policy names the share, and the answer "
        "names the setting by which the operator raises it.",
    ),
    Code.FAILED: Kind(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Failed inside Clearway",
        "Something failed inside Clearway. It is not known whether the request took effect.",
        "Repeat with the same Idempotency-Key: it takes effect at most once. If it fails again, give the operator the "
        "request_id: the log has it.",
    ),
    Code.UNAVAILABLE: Kind(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Not available now",
        "A part of Clearway does not answer now. It is not known whether the request took effect.",
        "Wait as long as the header Retry-After says, then repeat with the same Idempotency-Key.",
    ),
    Code.REFUSED: Kind(
        HTTPStatus.BAD_REQUEST,
        "Refused",
        "The request was refused for a reason that has no code.",
        "The answer says what to do.",
    ),
}

_USUAL: Final[Mapping[int, Code]] = {
    400: Code.REFUSED,
    401: Code.NO_KEY,
    403: Code.NOT_PERMITTED,
    404: Code.NOT_FOUND,
    405: Code.NO_SUCH_METHOD,
    406: Code.NOT_ACCEPTABLE,
    409: Code.CONFLICT,
    412: Code.STALE_REVISION,
    413: Code.TOO_LARGE,
    415: Code.NOT_JSON,
    422: Code.INVALID,
    428: Code.NO_REVISION,
    429: Code.TOO_MANY_REQUESTS,
    431: Code.TOO_LARGE,
    500: Code.FAILED,
    503: Code.UNAVAILABLE,
}


def usual(status: int) -> Code:
    """The code of a problem with this status and no code of its own."""
    return _USUAL.get(status, Code.REFUSED if status < 500 else Code.FAILED)


def address(code: Code) -> str:
    """The page of the code; also the `type` of its problems, which may be resolved against the request's address."""
    return f"{PAGES}/{code}"
