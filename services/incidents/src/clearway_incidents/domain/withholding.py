"""Where an incident has texts, and how one is withheld until a person releases it.

Which fields are texts follows from the types of the record: a new one is found without a line here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from clearway_contracts.envelope import Payload
from clearway_contracts.incident import ExternalRef, IncidentState, Report
from clearway_incidents.domain.content_guard import WITHHELD, ContentGuard
from clearway_incidents.domain.errors import InvalidFact, TextReplaced
from clearway_incidents.domain.life import Act, Kind, NewRevision, allow, revise
from clearway_platform.refusals import RequestPart

REASON: Final = "reason"
"""The name of the reason of a revision, among those of the texts of its incident."""
# Written by this service, and not by anyone who sends.
_OURS: Final = frozenset({"audit", "claimed_by", "confirmed_by", "mgrs", "mission", "retraction"})
# They decide which incident it is, and who may read it: with the sentence in their place they would decide otherwise.
_DECIDING: Final = ("external_refs.", "sharing.releasable_to.")
# What these revisions have was on record, or was decided by a person.
_UNCHECKED: Final = frozenset({Kind.MERGED, Kind.UNMERGED, Kind.EXPIRED, Kind.TEXT_RELEASED})
CONTACTS: Final = (".contact_ref", ".line_3_contact_method")
"""The ends of the names of texts that are for those who assess."""


@dataclass(frozen=True, slots=True)
class Held:
    """A text that is withheld: the name of its field, and the rules because of which."""

    field: str
    text: str
    why: tuple[str, ...]


def texts_of(record: Payload, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every text, with the dotted name of its field. A report is named by its id: its place may change."""
    for name, kind in _plan(type(record)):
        value = getattr(record, name)
        if not value:
            continue
        if isinstance(value, tuple):
            for number, item in enumerate(value):
                key = f"{prefix}{name}.{_key(item, number)}"
                if kind is str:
                    yield key, item
                else:
                    yield from texts_of(item, f"{key}.")
        elif kind is str:
            yield f"{prefix}{name}", value
        else:
            yield from texts_of(value, f"{prefix}{name}.")


def with_texts(record: Any, changed: Mapping[str, str], prefix: str = "") -> Any:
    """The record with other texts under these names."""
    values: dict[str, Any] = {}
    kinds: type[Payload] = type(record)
    for name, kind in _plan(kinds):
        value, own = getattr(record, name), f"{prefix}{name}"
        if not value or not any(key == own or key.startswith(f"{own}.") for key in changed):
            continue
        if isinstance(value, tuple):
            keys = [f"{own}.{_key(item, number)}" for number, item in enumerate(value)]
            values[name] = tuple(
                changed.get(key, item) if kind is str else with_texts(item, changed, f"{key}.")
                for key, item in zip(keys, value, strict=True)
            )
        else:
            values[name] = changed.get(own, value) if kind is str else with_texts(value, changed, f"{own}.")
    return record.model_copy(update=values) if values else record


def withhold(
    guard: ContentGuard, change: NewRevision, before: IncidentState | None = None
) -> tuple[NewRevision, tuple[Held, ...]]:
    """The change with the sentence in place of each text that is held. What the incident says already is not looked at
    again. Raises InvalidFact for a name that decides something."""
    held: list[Held] = []
    if change.kind not in _UNCHECKED:
        check_names(guard, change.incident)
        known = set() if before is None else {text for _name, text in texts_of(before)}
        new = ((name, text) for name, text in texts_of(change.incident) if text not in known)
        held += _held(guard, new)
    if held:
        sentences = dict.fromkeys((one.field for one in held), WITHHELD)
        change = replace(change, incident=with_texts(change.incident, sentences))
    if change.reason is not None and (why := guard.why(change.reason)):
        if change.reason not in {one.text for one in held}:
            held.append(Held(REASON, change.reason, why))
        change = replace(change, reason=WITHHELD)
    return change, tuple(held)


def check_names(guard: ContentGuard, incident: IncidentState) -> None:
    """Raise InvalidFact for a name that reads like instructions."""
    for name, text in _named(incident):
        if guard.why(text):
            raise refused(name, "Send a plain name.")


def refused(name: str, remedy: str, part: RequestPart = "body") -> InvalidFact:
    """A text that is not held, because something depends on it, or nothing waits for it."""
    return InvalidFact(name, "reads like instructions for making something, which are not recorded", remedy, part=part)


def withheld_in(state: Mapping[str, Any]) -> list[str]:
    """The names of the texts of a state, as JSON, that are withheld."""
    return list(_withheld(state, IncidentState, ""))


def release(incident: IncidentState, act: Act, *, name: str, text: str) -> NewRevision:
    """Put a text where it was withheld. Raises NotNow, TextReplaced, InvalidFact."""
    allow(incident, Kind.TEXT_RELEASED)
    if dict(texts_of(incident)).get(name) != WITHHELD:
        raise TextReplaced
    released = with_texts(incident, {name: text})
    values = {part: getattr(released, part) for part in (name.split(".")[0],)}
    return NewRevision(revise(incident, act.at, **values), Kind.TEXT_RELEASED, act.reason)


def check_given(name: str, text: str) -> None:
    """Raise InvalidFact where a text that a person gives does not fit into the field."""
    most = _longest(name)
    if len(text) > most:
        raise InvalidFact("text", f"has more than the {most} characters of {name}", "Shorten it.")
    if most <= _LINE and "\n" in text:
        raise InvalidFact("text", f"must be one line in {name}", "Remove the line breaks.")


_LINE: Final = 200


def _longest(name: str) -> int:
    if name == "narrative":
        return 4000
    in_lines = ".nine_line." in name or name in (REASON, "clearance.extent", "clearance.override_reason")
    return 500 if in_lines else _LINE


def _held(guard: ContentGuard, texts: Iterable[tuple[str, str]]) -> Iterator[Held]:
    for name, text in texts:
        if not name.startswith(_DECIDING) and (why := guard.why(text)):
            yield Held(name, text, why)


def _named(incident: IncidentState) -> Iterator[tuple[str, str]]:
    for number, ref in enumerate(incident.external_refs):
        yield from texts_of(ref, f"external_refs.{number}.")
    for number, organisation in enumerate(incident.sharing.releasable_to):
        yield f"sharing.releasable_to.{number}", organisation


def _withheld(state: Mapping[str, Any], kind: type[Payload], prefix: str) -> Iterator[str]:
    for name, inner in _plan(kind):
        value = state.get(name)
        if not value:
            continue
        if isinstance(value, str):
            if value == WITHHELD:
                yield f"{prefix}{name}"
        elif isinstance(value, Mapping):
            yield from _withheld(value, inner, f"{prefix}{name}.")
        elif inner is not str:
            for number, item in enumerate(value):
                yield from _withheld(item, inner, f"{prefix}{name}.{item.get('report_id', number)}.")


def _key(item: Any, number: int) -> object:
    return item.report_id if isinstance(item, Report) else number


@cache
def _plan(record: type[Payload]) -> tuple[tuple[str, Any], ...]:
    """The fields that are texts, or that hold some: each with `str`, or the type of what holds them."""
    fields = ((name, _kind(field.annotation, field.metadata)) for name, field in record.model_fields.items())
    return tuple((name, kind) for name, kind in fields if kind is not None and name not in _OURS)


def _kind(annotation: Any, metadata: Iterable[Any] = ()) -> type | None:
    """What of it may be a text: `str`, or a record. What has a pattern is a code."""
    if any(getattr(part, "pattern", None) for part in metadata):
        return None
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *more = get_args(annotation)
        return _kind(inner, [sub for part in more for sub in getattr(part, "metadata", [part])])
    if origin in (Union, UnionType, tuple):
        found = [_kind(part) for part in get_args(annotation) if part not in (type(None), ...)]
        return next((kind for kind in found if kind is not None), None)
    if annotation is str:
        return str
    if not (isinstance(annotation, type) and issubclass(annotation, Payload)):
        return None
    record: type[Payload] = annotation
    return record if _plan(record) else None


if not _plan(ExternalRef):
    raise RuntimeError("the texts of the record are not found by its types")
