"""Requests that every operation must refuse, made of what its OpenAPI document says that it takes.

Each way to be refused is one function of WAYS: it asks an operation, and gives its answers.
"""

from collections.abc import Callable, Iterator
from typing import Any, Final, TypeAlias

import httpx

from clearway_platform.auth.principals import Role
from clearway_platform.clock import new_id
from clearway_platform.web.never_limited import MARK

from .operations import OBJECTS, Operation
from .scene import USED_KEY, Scene, but, sending
from .spent import used_up

Answers: TypeAlias = Iterator[httpx.Response]

MOST_BYTES: Final = 1_048_576
MOST_BYTES_OF_A_FILE: Final = 10 * MOST_BYTES
# No number, no time, no id, no word of any list, and longer than any text may be.
NONSENSE: Final = "x" * 600
NO_CURSOR: Final = "x"


def without_a_key_that_is_valid(operation: Operation, scene: Scene) -> Answers:
    if operation.is_public:
        return
    asked = operation.request(scene.ours.ids)
    yield scene.ask(asked, role=None)
    yield scene.ask(but(asked, headers={"Authorization": "Bearer cwk_0123456789abcdef_nobody"}), role=None)
    if operation.streams:
        yield scene.ask(but(asked, params={"ticket": "nobody"}), role=None)


def with_a_role_that_may_not(operation: Operation, scene: Scene) -> Answers:
    for role in Role:
        if not all(permission.belongs_to(role) for permission in operation.permissions):
            yield scene.ask(operation.request(scene.ours.ids), role=role)
    if not all(permission.in_every_scope for permission in operation.permissions):
        limited = {"Authorization": f"Bearer {scene.ours.limited}"}
        yield scene.ask(but(operation.request(scene.ours.ids), headers=limited))


def about_what_is_not_there(operation: Operation, scene: Scene) -> Answers:
    """Each part of the address that names nothing, by itself; and everything of another mission."""
    ids = scene.ours.ids
    for name in operation.parameters("path"):
        unknown = str(new_id()) if name in OBJECTS else "999999"
        yield scene.ask(operation.request({**ids, name: unknown}))
    for name in operation.references():
        yield scene.ask(but(operation.request(ids), params={name: str(new_id())}))
    if operation.parameters("path"):
        yield scene.ask(operation.request(scene.theirs.ids))


def with_an_address_that_cannot_be(operation: Operation, scene: Scene) -> Answers:
    for name in operation.parameters("path"):
        yield scene.ask(operation.request({**scene.ours.ids, name: "x"}))


def with_a_query_that_cannot_be(operation: Operation, scene: Scene) -> Answers:
    asked = operation.request(scene.ours.ids)
    yield scene.ask(but(asked, params={"colour": "red"}))
    for name in operation.parameters("query"):
        yield scene.ask(but(asked, params={name: NONSENSE}))
        if name in ("cursor", "since"):
            yield scene.ask(but(asked, params={name: NO_CURSOR}))


def with_a_header_that_cannot_be(operation: Operation, scene: Scene) -> Answers:
    asked = operation.request(scene.ours.ids)
    yield scene.ask(but(asked, headers={"Accept": "image/png"}))
    headers = operation.parameters("header")
    if "Idempotency-Key" in headers:
        yield scene.ask(but(asked, headers={"Idempotency-Key": "two words"}))
        yield scene.ask(but(asked, headers={"Idempotency-Key": USED_KEY}))
    if "Last-Event-ID" in headers:
        yield scene.ask(but(asked, headers={"Last-Event-ID": NO_CURSOR}))


def without_having_seen_what_it_changes(operation: Operation, scene: Scene) -> Answers:
    if "If-Match" in operation.parameters("header"):
        asked = operation.request(scene.ours.ids)
        yield scene.ask(but(asked, without="If-Match"))
        yield scene.ask(but(asked, headers={"If-Match": "three"}))
        yield scene.ask(but(asked, headers={"If-Match": '"999999999"'}))


def with_a_body_that_cannot_be(operation: Operation, scene: Scene) -> Answers:
    if "requestBody" not in operation.document:
        return
    asked: dict[str, Any] = operation.request(scene.ours.ids)
    most = MOST_BYTES_OF_A_FILE if operation.takes_bytes else MOST_BYTES
    for content in (
        b'{"no_such_field": 1}',
        b"[]",
        b"null",
        b"{",
        b'"\xff"',
        b"[" * 100_000,
        b" " * (most + 1),
        b"",
    ):
        yield scene.ask(sending(asked, content))
    yield scene.ask(sending(asked, b"{}", "text/plain"))


def with_a_share_that_is_used_up(operation: Operation, scene: Scene) -> Answers:
    if MARK not in operation.document:
        with used_up():
            yield scene.ask(operation.request(scene.ours.ids))


WAYS: Final[tuple[Callable[[Operation, Scene], Answers], ...]] = (
    without_a_key_that_is_valid,
    with_a_role_that_may_not,
    about_what_is_not_there,
    with_an_address_that_cannot_be,
    with_a_query_that_cannot_be,
    with_a_header_that_cannot_be,
    without_having_seen_what_it_changes,
    with_a_body_that_cannot_be,
    with_a_share_that_is_used_up,
)
