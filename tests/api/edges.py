"""Values at, before and past the limits that the OpenAPI documents name, and those that break what no limit names."""

import base64
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any, Final

Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

MOMENTS: Final = (
    "0001-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-02T00:00:00-14:00",
    "1899-12-31T23:59:59Z",
    "1900-01-01T00:00:00Z",
    "1970-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999Z",
    "9999-12-31T23:59:59-14:00",
    "2026-01-31T06:00:60Z",
    "2026-01-31",
    "",
)
NUMBERS: Final = (0, -1, 1e-300, 5e-324, -5e-324, -0.0, 1.7976931348623157e308, 2**31, 2**63, 2**64, 10**400)
# JSON that is legal, and that nothing can reckon with.
NOT_FINITE: Final = (float("nan"), float("inf"), float("-inf"))
TEXTS: Final = ("", "\0", "\ud800")
URLS: Final = ("https://xn--/", "https://a..b/", "https://[::1", "https://%00/", "https://x:99999/", "//", "https:\\x")
UUIDS: Final = ("ffffffff-ffff-ffff-ffff-ffffffffffff", "00000000-0000-0000-0000-000000000000", "x")
LEVELS: Final = (10, 100, 900)


def cursor(*place: Any) -> str:
    """A cursor that no list gave, in the form of those that lists give."""
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


CURSORS: Final = (
    *(cursor(moment, item) for moment in MOMENTS for item in UUIDS[:2]),
    *(cursor(number) for number in (0, -1, 1, 2**31, 2**63, -(2**70), 1.5, True, None)),
    *(cursor(item) for item in UUIDS),
    cursor(),
    cursor([[]]),
    cursor("\ud800"),
    "é",
    "====",
    "A" * 500,
)


# Ids of events that no stream gave: too short, too long, of another feed, of another form.
EVENT_IDS: Final = (
    "0-0",
    "-1",
    "abc-",
    "abcdef-999999999999999999",
    "g-1",
    "A" * 39,
    "A" * 40,
    "A" * 41,
    "=" * 40,
    "x" * 64,
)


def deep(levels: int) -> tuple[Any, Any]:
    """An object and a list that are nested so deep."""
    inside: tuple[Any, Any] = (1, 1)
    for _ in range(levels):
        inside = ({"a": inside[0]}, [inside[1]])
    return inside


NESTED: Final = tuple(part for levels in LEVELS for part in deep(levels))


_BY_NAME: Final[Mapping[str, Sequence[Any]]] = {
    "cursor": CURSORS,
    "since": EVENT_IDS,
    "Last-Event-ID": EVENT_IDS,
    "url": URLS,
}


class Document:
    """One OpenAPI document, in which a schema may refer to another."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self.paths = frozenset(document["paths"])

    def resolved(self, schema: Schema) -> list[Schema]:
        """What a schema may be: its own self, or each of its alternatives."""
        if "$ref" in schema:
            found: Any = self._document
            for part in schema["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            return self.resolved(found)
        alternatives = [*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())]
        return [item for one in alternatives for item in self.resolved(one)] or [schema]

    def values(self, name: str, schema: Schema) -> Iterator[Any]:
        """Values of a field or parameter that may go wrong."""
        yield from _BY_NAME.get(name, ())
        for item in self.resolved(schema):
            match item.get("type"):
                case "string" if item.get("format") == "date-time":
                    yield from MOMENTS
                case "string" if str(item.get("format", "")).startswith("uuid"):
                    yield from UUIDS
                case "string":
                    yield from _texts(item)
                case "integer":
                    yield from _numbers(item)
                case "number":
                    yield from (*_numbers(item), *NOT_FINITE)
                case "object" | None:
                    yield from NESTED
                case "array":
                    yield from ([], *NESTED)
                    yield [None] * (min(item.get("maxItems", 1), 1000) + 1)

    def fields(self, schema: Schema, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
        """Every field of a body, however deep."""
        for item in self.resolved(schema):
            for name, inner in item.get("properties", {}).items():
                yield (*path, name), inner
                yield from self.fields(inner, (*path, name))
            if item.get("type") == "array":
                items: Schema = item.get("items") or next(iter(item.get("prefixItems", ())), {})
                yield (*path, 0), items
                yield from self.fields(items, (*path, 0))


def _texts(schema: Schema) -> Iterator[str]:
    yield from TEXTS
    most = schema.get("maxLength")
    if most is not None and most <= 10_000:
        yield from ("x" * most, "x" * (most + 1), "\U0001f6a7" * most)


def _numbers(schema: Schema) -> Iterator[float]:
    yield from NUMBERS
    for name in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if name in schema:
            yield from (schema[name] - 1, schema[name], schema[name] + 1)


def replaced(body: object, path: Path, value: object) -> object:
    """The body with another value at a place; what leads there is made where it is missing."""
    if not path:
        return value
    whole = deepcopy(body)
    node: Any = whole
    for part, following in itertools.pairwise(path):
        empty: Any = [] if isinstance(following, int) else {}
        if isinstance(part, int):
            node[:] = node or [empty]
            node = node[part]
        else:
            if not isinstance(node.get(part), type(empty)):
                node[part] = empty
            node = node[part]
        if not isinstance(node, dict | list):
            return whole
    last = path[-1]
    if isinstance(last, int) and isinstance(node, list):
        node[:] = [value, *node[1:]]
    elif isinstance(last, str) and isinstance(node, dict):
        node[last] = value
    return whole
