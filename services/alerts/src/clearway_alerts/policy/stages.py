"""The stages of the policy: one list, read from top to bottom. Another stage is another entry."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from clearway_alerts.domain.subscription import SubscriptionState
from clearway_alerts.policy.facts import Cause, Drop, Hold, Known, Message, SendAt, Stage, Verdict
from clearway_alerts.policy.retry import retry

_AT_ONCE: Final = frozenset({Cause.NEW, Cause.RECOVERED, Cause.LATER_ALERT})


def stages() -> tuple[Stage, ...]:
    """The whole policy, in order. The first verdict that is not a time to send ends it."""
    return (
        subscription_deleted,
        retry,
        at_once,
        asked_by_a_person,
        subscription_resumed,
        subscription_inactive,
        in_order_of_the_incident,
    )


class Policy:
    """Asks each stage in turn."""

    def __init__(self, stages: Sequence[Stage]) -> None:
        self._stages = tuple(stages)

    def verdict(self, message: Message, known: Known) -> Verdict:
        """Begins with the message's present plan. The first hold or drop is final."""
        sends = SendAt(message.due_at)
        for stage in self._stages:
            verdict = stage(message, known, sends)
            if not isinstance(verdict, SendAt):
                return verdict
            sends = verdict
        return sends


def _by_now(known: Known, verdict: SendAt) -> SendAt:
    """At once; what is due already keeps its place among the others."""
    return verdict if verdict.at <= known.now else replace(verdict, at=known.now)


def subscription_deleted(_: Message, known: Known, verdict: SendAt) -> Verdict:
    return Drop("the subscription was deleted") if known.is_deleted else verdict


def at_once(_: Message, known: Known, verdict: SendAt) -> Verdict:
    """A new message; one whose endpoint answers again; and one that keeps a later alert of its incident waiting."""
    return _by_now(known, verdict) if known.cause in _AT_ONCE else verdict


def asked_by_a_person(_: Message, known: Known, verdict: SendAt) -> Verdict:
    return _by_now(known, verdict) if known.cause is Cause.ASKED else verdict


def subscription_resumed(_: Message, known: Known, verdict: SendAt) -> Verdict:
    """What waited for the subscription is due at once, whatever its schedule was."""
    changed = known.was_held or known.cause is Cause.SUBSCRIPTION_CHANGED
    return _by_now(known, verdict) if changed else verdict


def subscription_inactive(_: Message, known: Known, verdict: SendAt) -> Verdict:
    if known.subscription is SubscriptionState.ACTIVE:
        return verdict
    return Hold(known.state_reason or f"the subscription is {known.subscription}")


def in_order_of_the_incident(_: Message, known: Known, verdict: SendAt) -> Verdict:
    """Nothing overtakes what was said before about the same incident. The lease's statement holds to the same on the
    rows, because an earlier message may be finished, or be asked for again, by another process at any moment."""
    return replace(verdict, in_turn=True) if known.is_behind else verdict
