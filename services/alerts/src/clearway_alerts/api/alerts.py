"""Alert objects: list, read, acknowledge."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request, Response

from clearway_alerts.api.bodies import AlertView
from clearway_alerts.api.cursors import cursor_id
from clearway_alerts.api.dependencies import Changing, ChangingAlert, Reader
from clearway_alerts.commands.acknowledge import Acknowledged
from clearway_alerts.domain.errors import NoSuchAlert, NotTheOwner
from clearway_alerts.queries.alerts import AlertFilter, page_of_alerts
from clearway_alerts.storage.alert_rows import StoredAlert, one_alert
from clearway_contracts.vocabulary import AlertKind
from clearway_platform.auth.ceilings import Sight
from clearway_platform.auth.principals import LEAST, Principal
from clearway_platform.heavy import of_each
from clearway_platform.web.audited import note_restricted_read
from clearway_platform.web.conditional import NOTHING_CHANGED, etag
from clearway_platform.web.document import REVISED
from clearway_platform.web.moments import A_DATE, FromTime, UntilTime
from clearway_platform.web.never_limited import NEVER_LIMITED
from clearway_platform.web.pages import Cursor, Limit, Page, encode_cursor
from clearway_platform.web.possible_problems import raises
from clearway_platform.web.reads import Reading
from clearway_platform.web.routing import Router
from clearway_platform.web.writes import Reply

router: Final = Router(prefix="/v1/alerts", tags=["Alerts"])


@router.get("", operation_id="alerts.list", summary="List alerts")
async def list_alerts(
    request: Request,
    principal: Reader,
    connection: Reading,
    subscription_id: Annotated[UUID | None, Query(description="Only those of this subscription.")] = None,
    incident_id: Annotated[UUID | None, Query(description="Only those about this incident.")] = None,
    kind: AlertKind | None = None,
    issued_from: Annotated[
        FromTime | None, Query(alias="from", description=f"Only those that were issued at this time or later. {A_DATE}")
    ] = None,
    issued_to: Annotated[
        UntilTime | None, Query(alias="to", description=f"Only those that were issued by this time. {A_DATE}")
    ] = None,
    digest_id: Annotated[UUID | None, Query(description="Only those of this digest.")] = None,
    source_id: Annotated[UUID | None, Query(description="Only those about this watched source.")] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[AlertView]:
    """The mission's alerts, newest first. Of an incident that the key may not read they are thin."""
    wanted = AlertFilter(subscription_id, incident_id, kind, issued_from, issued_to, digest_id, source_id)
    page = await page_of_alerts(connection, principal.mission, wanted, cursor_id(cursor), limit)
    items = await of_each(lambda stored: AlertView.of(stored, principal), page.alerts)
    _note_reads(request, principal, page.alerts)
    return Page(items=items, next=None if page.is_last else encode_cursor(str(page.alerts[-1].alert.id)))


@router.get("/{alert_id}", operation_id="alerts.get", summary="Read an alert")
async def get_alert(
    request: Request, alert_id: UUID, principal: Reader, connection: Reading, response: Response
) -> AlertView:
    """As it was issued, and who has acknowledged it since."""
    stored = await one_alert(connection, principal.mission, alert_id)
    if stored is None:
        raise NoSuchAlert(alert_id)
    response.headers["ETag"] = etag(stored.revision)
    _note_reads(request, principal, [stored])
    return AlertView.of(stored, principal)


@router.post(
    "/{alert_id}/acknowledge",
    operation_id="alerts.acknowledge",
    openapi_extra=NEVER_LIMITED,
    summary="Acknowledge an alert",
    response_model=AlertView,
    responses=REVISED | raises(NotTheOwner),
)
async def acknowledge_alert(changing: ChangingAlert) -> Response:
    """Confirm to have taken note. The first acknowledgement stays: a later one changes nothing."""
    return await changing.run(changing.wiring.acknowledge, _acknowledged)


def _note_reads(request: Request, principal: Principal, found: Sequence[StoredAlert]) -> None:
    """For the audit: the alerts of which other keys of the mission are shown less. Those of sources all see whole."""
    read = [
        stored.alert.id
        for stored in found
        if stored.incident is not None
        and principal.ceiling.sight(stored.incident.handling) is Sight.WHOLE
        and LEAST.sight(stored.incident.handling) is not Sight.WHOLE
    ]
    note_restricted_read(request, [f"alert {alert_id}" for alert_id in read])


def _acknowledged(changing: Changing, found: Acknowledged) -> Reply:
    headers = {"ETag": etag(found.alert.revision)}
    return Reply(
        200, AlertView.of(found.alert, changing.principal), headers if found.is_first else headers | NOTHING_CHANGED
    )
