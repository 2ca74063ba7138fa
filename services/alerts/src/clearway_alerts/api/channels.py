"""The channel in bodies and answers: one of the registered forms, all of which the document names."""

from collections.abc import Sequence
from typing import Any, Final, Literal

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import models_json_schema
from sqlalchemy import RowMapping

from clearway_alerts.channels.base import ChannelForm, ProvingChannel
from clearway_alerts.channels.registry import Channels
from clearway_alerts.domain.proof import Proof
from clearway_alerts.outbound.recipients import Address, recipient_of
from clearway_alerts.storage.channels import StoredChannel, read_channel
from clearway_alerts.storage.proofs import proof_of

_SCHEMA: Final = "#/components/schemas/{model}"


class ChannelBody(BaseModel):
    """Where the alerts go; `type` says which channel it is."""

    model_config = ConfigDict(extra="allow")

    type: str


class ChannelView(BaseModel):
    """Where the alerts go; `type` says which channel it is."""

    model_config = ConfigDict(extra="allow")

    type: str


def form_of(channels: Channels, body: ChannelBody) -> ChannelForm:
    """The form that was sent. Raises a 422 problem about what is wrong in it."""
    sent = body.model_dump()
    try:
        return channels.read(sent)
    except ValidationError as error:
        found = [{**problem, "loc": ("body", "channel", *problem["loc"])} for problem in error.errors()]
        raise RequestValidationError(found, body={"channel": sent}) from error


def view_of(channels: Channels, stored: StoredChannel, *, whole: bool) -> ChannelView:
    """What is shown of a channel; of one that this process does not know, its type alone."""
    try:
        form = channels.read(stored.form)
    except ValidationError:
        return ChannelView(type=stored.type)
    shown = channels.of(form).shown(form, stored.secrets, whole=whole)
    return ChannelView(**shown.model_dump())


def address_of(channels: Channels, subscription: RowMapping) -> Address | None:
    """Where the subscription's messages go; None when it is sent none, and when this process does not know how."""
    recipient = recipient_of(subscription, channels)
    return recipient.address if recipient else None


def shown_proof(channels: Channels, subscription: Any) -> Proof | None:
    """What came of its endpoint's challenges; None where the channel has none."""
    channel = channels.sending(read_channel(subscription).type)
    return proof_of(subscription) if isinstance(channel, ProvingChannel) else None


def secret_of(channels: Channels, stored: StoredChannel) -> str | None:
    """The secret that is shown once, where the channel has one."""
    return channels.of(channels.read(stored.form)).revealed(stored.secrets)


def describe_channels(app: FastAPI, channels: Channels) -> None:
    """Name the registered forms in the document of `app`, in place of the two open models above."""
    document = app.openapi

    def described() -> dict[str, Any]:
        whole = document()
        schemas = whole["components"]["schemas"]
        forms = [channel.form for channel in channels]
        shown = [channel.shown_form for channel in channels]
        schemas |= _schemas(forms, "validation") | _schemas(shown, "serialization")
        schemas[ChannelBody.__name__] = _one_of(ChannelBody, channels, forms)
        schemas[ChannelView.__name__] = _one_of(ChannelView, channels, shown)
        return whole

    app.openapi = described  # type: ignore[method-assign]


def _schemas(models: Sequence[type[BaseModel]], mode: Literal["validation", "serialization"]) -> dict[str, Any]:
    _, schema = models_json_schema([(model, mode) for model in models], ref_template=_SCHEMA)
    found: dict[str, Any] = schema["$defs"]
    for definition in found.values():
        for described in definition.get("properties", {}).values():
            described.pop("title", None)  # as the rest of the document: a title would only repeat the name
    return found


def _one_of(model: type[BaseModel], channels: Channels, models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    references = [_SCHEMA.format(model=member.__name__) for member in models]
    names = [channel.name() for channel in channels]
    return {
        "title": model.__name__,
        "description": model.__doc__,
        "oneOf": [{"$ref": reference} for reference in references],
        "discriminator": {"propertyName": "type", "mapping": dict(zip(names, references, strict=True))},
    }
