"""Subscriptions: make, read, change, delete, pause and resume, rotate the secret."""

from functools import partial
from typing import Final
from uuid import UUID

from fastapi import Request, Response

from clearway_alerts.api.bodies import NewSubscription, SubscriptionBody, SubscriptionPatch, SubscriptionView, Transfer
from clearway_alerts.api.cursors import cursor_id
from clearway_alerts.api.dependencies import Changing, ChangingSubscription, Reader, Subscriber, Wired, Wiring
from clearway_alerts.channels.base import NoSecret
from clearway_alerts.commands.subscriptions import Changes, Kept
from clearway_alerts.domain.areas import check_area
from clearway_alerts.domain.errors import (
    AnotherChannel,
    NoSuchSubscription,
    NotTheOwner,
    OwnerEnded,
    ReadsMore,
)
from clearway_alerts.filter_form import FilterForm
from clearway_alerts.queries.subscriptions import one_subscription, page_of_subscriptions
from clearway_platform.auth.principals import Principal
from clearway_platform.database.engines import Transaction
from clearway_platform.heavy import of_each
from clearway_platform.web.access import platform_of
from clearway_platform.web.conditional import NOTHING_CHANGED, etag
from clearway_platform.web.document import REVISED, header
from clearway_platform.web.pages import Cursor, Limit, Page, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply, Write

router: Final = Router(prefix="/v1/subscriptions", tags=["Subscriptions"])


@router.post(
    "",
    operation_id="subscriptions.create",
    summary="Make a subscription",
    status_code=201,
    response_model=NewSubscription,
    responses={201: {"headers": header("ETag") | header("Location")}},
)
async def create_subscription(body: SubscriptionBody, principal: Subscriber, wiring: Wired, write: Write) -> Response:
    """Ask to be warned. What stands inside the filter already is told at once, more than ten hazards in one digest. The
    answer holds the webhook's secret, which is shown this once."""
    changes = body.changes(wiring.channels)
    await _check(body.filter, wiring)
    return await write(partial(_create, wiring, principal, body.name, changes))


async def _create(wiring: Wiring, principal: Principal, name: str, changes: Changes, transaction: Transaction) -> Reply:
    row = await wiring.subscriptions.create(transaction, principal, name, changes)
    headers = {"ETag": etag(row["revision"]), "Location": f"/v1/subscriptions/{row['id']}"}
    return Reply(201, NewSubscription.of(row, principal, wiring.channels), headers, once=("secret",))


@router.get("", operation_id="subscriptions.list", summary="List subscriptions")
async def list_subscriptions(
    principal: Reader, connection: Reading, wiring: Wired, limit: Limit = 100, cursor: Cursor = None
) -> Page[SubscriptionView]:
    """The mission's subscriptions, oldest first."""
    rows, is_last = await page_of_subscriptions(connection, principal.mission, cursor_id(cursor), limit)
    items = await of_each(lambda row: SubscriptionView.of(row, principal, wiring.channels), rows)
    return Page(items=items, next=None if is_last else encode_cursor(str(rows[-1]["id"])))


@router.get("/{subscription_id}", operation_id="subscriptions.get", summary="Read a subscription")
async def get_subscription(
    subscription_id: UUID, principal: Reader, connection: Reading, wiring: Wired, response: Response
) -> SubscriptionView:
    """What it asks for, where its alerts go, and whether it is active."""
    row = await one_subscription(connection, principal.mission, subscription_id)
    if row is None:
        raise NoSuchSubscription(subscription_id)
    view = SubscriptionView.of(row, principal, wiring.channels)
    # A challenge is no revision, and whoever waits for the proof asks again with the tag.
    response.headers["ETag"] = etag(view.revision, view.proof.model_dump_json() if view.proof else "")
    return view


@router.patch(
    "/{subscription_id}",
    operation_id="subscriptions.change",
    summary="Change a subscription",
    response_model=SubscriptionView,
    responses=REVISED | raises(NotTheOwner, AnotherChannel),
)
async def change_subscription(body: SubscriptionPatch, changing: ChangingSubscription) -> Response:
    """Change its name, its filter or where its webhook goes. What stands where it newly looks is told at once."""
    changes = body.changes(changing.wiring.channels)
    await _check(body.filter, changing.wiring)
    return await changing.run(partial(changing.wiring.subscriptions.change, wanted=changes), _kept)


@router.delete(
    "/{subscription_id}",
    operation_id="subscriptions.delete",
    summary="Delete a subscription",
    status_code=204,
    responses=raises(NotTheOwner),
)
async def delete_subscription(changing: ChangingSubscription) -> Response:
    """End it. What was still to be sent is not sent; the alerts stay on record."""
    return await changing.run(changing.wiring.subscriptions.delete, _deleted)


@router.post(
    "/{subscription_id}/pause",
    operation_id="subscriptions.pause",
    summary="Hold the deliveries",
    response_model=SubscriptionView,
    responses=REVISED | raises(NotTheOwner),
)
async def pause_subscription(changing: ChangingSubscription) -> Response:
    """Hold the deliveries. Alerts are issued meanwhile, and sent in order when it is resumed."""
    return await changing.run(changing.wiring.subscriptions.pause, _kept)


@router.post(
    "/{subscription_id}/resume",
    operation_id="subscriptions.resume",
    summary="Deliver again",
    response_model=SubscriptionView,
    responses=REVISED | raises(NotTheOwner, OwnerEnded),
)
async def resume_subscription(changing: ChangingSubscription) -> Response:
    """Deliver again, first what waited; also after the endpoint had been disabled. What still stands and was not told,
    or of which the alert expired meanwhile, is told at once."""
    return await changing.run(changing.wiring.subscriptions.resume, _kept)


@router.post(
    "/{subscription_id}/transfer",
    operation_id="subscriptions.transfer",
    summary="Give it to another key",
    response_model=SubscriptionView,
    responses=REVISED | raises(NotTheOwner, ReadsMore),
)
async def transfer_subscription(body: Transfer, request: Request, changing: ChangingSubscription) -> Response:
    """Make it that of another key of the mission: its messages say what that key may read. One that is suspended,
    because its key was revoked or expired, is active again: what waited is delivered first."""
    own = changing.principal
    heir = own if body.key_id == own.id else await platform_of(request).keys.principal_of(body.key_id)
    return await changing.run(partial(changing.wiring.subscriptions.transfer, heir=heir), _kept)


@router.post(
    "/{subscription_id}/rotate-secret",
    operation_id="subscriptions.rotate_secret",
    summary="Make a new secret",
    response_model=NewSubscription,
    responses=raises(NotTheOwner, NoSecret) | {200: {"headers": header("ETag")}},
)
async def rotate_secret(changing: ChangingSubscription) -> Response:
    """A new secret, shown this once. For 24 hours messages are signed with both."""
    return await changing.run(changing.wiring.subscriptions.rotate_secret, _with_secret)


async def _check(chosen: FilterForm | None, wiring: Wiring) -> None:
    """Before the transaction: others would wait for it."""
    if chosen is not None:
        await wiring.heavy.run(check_area, chosen.area.to_domain())


def _kept(changing: Changing, kept: Kept) -> Reply:
    headers = {"ETag": etag(kept.row["revision"])}
    if not kept.changed:
        headers |= NOTHING_CHANGED
    return Reply(200, SubscriptionView.of(kept.row, changing.principal, changing.wiring.channels), headers)


def _with_secret(changing: Changing, kept: Kept) -> Reply:
    view = NewSubscription.of(kept.row, changing.principal, changing.wiring.channels)
    return Reply(200, view, {"ETag": etag(kept.row["revision"])}, once=("secret",))


def _deleted(_: Changing, __: Kept) -> Reply:
    return Reply(204)
