"""What a command refuses, as the caller should read it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from clearway_alerts.commands.acknowledge import NoSuchAlert
from clearway_alerts.commands.deliveries import NoSuchDelivery, NotPending, StillPending
from clearway_alerts.commands.subscriptions import (
    AnotherChannel,
    NoSuchSubscription,
    NotActive,
    NotTheOwner,
    NoWebhook,
    UnknownRoute,
)
from clearway_alerts.domain.areas import ImpossibleArea
from clearway_platform.codes import Code
from clearway_platform.web.problems import Problem, conflict, invalid, not_found


@contextmanager
def refusals(identifier: UUID | None = None) -> Iterator[None]:
    """Turn what the block raises into problems about the subscription or alert `identifier`."""
    try:
        yield
    except NoSuchSubscription as error:
        raise not_found("subscription", identifier) from error
    except NoSuchAlert as error:
        raise not_found("alert", identifier) from error
    except NotTheOwner as error:
        detail = "Only its owner, an operator or an administrator may change a subscription."
        raise Problem(403, detail, code=Code.NOT_YOURS) from error
    except NoWebhook as error:
        raise conflict("This subscription has no webhook. Make a new one with a channel of type webhook.") from error
    except NotActive as error:
        raise conflict("This subscription is paused or disabled. Resume it first.") from error
    except NoSuchDelivery as error:
        raise Problem(404, "This subscription has no such delivery. Check the id in the list of deliveries.") from error
    except StillPending as error:
        raise conflict("This message is still to be sent. Use send-now so as not to wait.") from error
    except NotPending as error:
        raise conflict(f"This message is {error.state}: no attempt is due. Use resend to send it again.") from error
    except UnknownRoute as error:
        remedy = "Register the route under /v1/routes, or wait a moment if you just did."
        raise invalid("body.filter.area.route_id", "no such route is known here", remedy) from error
    except ImpossibleArea as error:
        raise invalid(f"body.filter.area.{error.field}", error.problem, error.remedy) from error
    except AnotherChannel as error:
        detail = "A subscription keeps the type of its channel. Make a new one with the other channel."
        raise conflict(detail) from error
