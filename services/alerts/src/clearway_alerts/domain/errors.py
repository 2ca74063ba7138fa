"""The reasons for which this service refuses a request."""

from collections.abc import Sequence

from clearway_platform.refusals import Conflict, Invalid, NotFound, NotYours


class NoSuchSubscription(NotFound):
    """The mission has no subscription of that id."""

    noun = "subscription"


class NoSuchAlert(NotFound):
    """The mission has no alert of that id."""

    noun = "alert"


class NoSuchDelivery(NotFound):
    """The subscription has no delivery of that id."""

    noun = "delivery"


class NoSuchIncident(NotFound):
    """This service knows no incident of that id in the mission."""

    noun = "incident"


class NoSuchSource(NotFound):
    """The mission watches no source of that id."""

    noun = "watched source"


class NotTheOwner(NotYours):
    """Only the owner, operators and administrators may change a subscription."""

    detail = "Only its owner, an operator or an administrator may change a subscription."


class ImpossibleArea(Invalid):
    """The area's geometry makes no sense, or it is larger than an area may be. `field` is its place in the area."""

    def __init__(self, field: str, problem: str, remedy: str) -> None:
        super().__init__(f"filter.area.{field}", problem, remedy)


class UnknownRoute(Invalid):
    """The route is not registered, or its registration has not arrived here yet."""

    def __init__(self) -> None:
        remedy = "Register the route under /v1/routes, or wait a moment if you just did."
        super().__init__("filter.area.route_id", "no such route is known here", remedy)


class AnotherChannel(Conflict):
    """A subscription keeps the type of its channel."""

    detail = "A subscription keeps the type of its channel. Make a new one with the other channel."


class NoMessages(Conflict):
    """The subscription's channel sends no messages: its alerts are read from the stream."""

    detail = "This subscription has no webhook. Make a new one with a channel of type webhook."


class NotActive(Conflict):
    """The subscription is paused or disabled."""

    detail = "This subscription is paused or disabled. Resume it first."


class OwnerEnded(Conflict):
    """The key of the subscription was revoked or has expired."""

    detail = "The key of this subscription was revoked or has expired. Transfer it to a key that is in use first."


class NoSuchOwner(Invalid):
    """No such key is in use in the mission, or it may not have subscriptions."""

    def __init__(self) -> None:
        remedy = "Name a key of the mission that is in use and may make subscriptions: GET /v1/keys lists them."
        super().__init__("key_id", "is no key that may have the subscription", remedy)


class ReadsMore(NotYours):
    """Nobody may transfer a subscription to a key that reads more than their own."""

    detail = "That key may read more than yours, and its messages would too. Ask an administrator for the transfer."


class StillPending(Conflict):
    """A message that was not sent yet cannot be sent again."""

    detail = "This message is still to be sent. Use send-now so as not to wait."


class NotPending(Conflict):
    """No attempt is due; `state` is how the delivery ended."""

    def __init__(self, state: str) -> None:
        super().__init__(f"This message is {state}: no attempt is due. Use resend to send it again.")


class NotSoLong(Invalid):
    """A source may be quiet for 5 minutes at least and 90 days at most."""

    def __init__(self) -> None:
        super().__init__("quiet_after", "is not between 5 minutes and 90 days", "Send a duration from PT5M to P90D.")


class ImpossibleSpan(Invalid):
    """The time of a preview begins before it ends, lies in the past and is 92 days long at most."""

    def __init__(self) -> None:
        super().__init__(
            "from", "is not up to 92 days before the end", "Send an earlier time, 92 days before `to` at most."
        )


class UnknownPart(Invalid):
    """Clearway has no consumer or relay of that name."""

    def __init__(self, kind: str, known: Sequence[str]) -> None:
        super().__init__("watches", f"there is no {kind} of that name", f"Name one of: {', '.join(known)}.")
