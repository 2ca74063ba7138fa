"""The states of a delivery."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """`dead` is given up: no attempt is left, the receiver wants no more, or the subscription is gone."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"
