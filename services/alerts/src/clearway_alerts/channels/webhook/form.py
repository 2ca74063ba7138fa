"""What a subscriber gives of a webhook, and what is shown of it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from clearway_alerts.channels.base import ChannelForm
from clearway_contracts.vocabulary import Tlp


class Content(StrEnum):
    """What the endpoint's messages carry: all that its key may read, or where it is read."""

    FULL = "full"
    THIN = "thin"


class WebhookForm(ChannelForm):
    """A signed POST for each alert (Standard Webhooks). https only, to a public address."""

    type: Literal["webhook"]
    url: Annotated[str, Field(min_length=1, max_length=2000)]
    content: Content = Field(
        default=Content.FULL,
        description="`full`: the place and what to do, in words that a radio operator can read out, once the endpoint "
        "proved that its owner controls it. `thin`: only the address where they are read.",
    )


class WebhookShown(BaseModel):
    """A webhook, without its secret."""

    type: Literal["webhook"]
    url: str = Field(description="In full only for those who may change the subscription.")
    content: Content
    public_key: str = Field(description="`whpk_…`: verifies the `v1a` signatures (Ed25519).")
    thin_at: list[Tlp] = Field(
        description="At these levels of sharing a webhook's message is always thin: it leaves out the place and the "
        "description, and names the address where they are read with an API key.",
    )
