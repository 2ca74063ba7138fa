"""Vector tiles as bytes (Mapbox Vector Tile 2.1): layers of points and polygons, whose properties are shared.

The messages are made from their description here, and written by the library of Protocol Buffers. The encoder that is
kept brings NumPy and Shapely, which nothing here needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

EXTENT: Final = 4096
"""The units of a side of a tile, from its north-western corner to the east and to the south."""

_VERSION: Final = 2
_POINT, _POLYGON = 1, 3
_MOVE, _LINE, _CLOSE = 1, 2, 7

Place = tuple[float, float]
Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Feature:
    """A point, or the corners of a polygon without holes, which ends where it began; and what is said of it. What is
    None is not said."""

    places: Sequence[Place]
    properties: Mapping[str, Value | None]


def tile_of(layers: Mapping[str, Iterable[Feature]]) -> bytes:
    """The layers that have features, as the bytes of a tile."""
    tile = _messages()["Tile"]()
    for name, features in layers.items():
        found = list(features)
        if found:
            _write(tile.layers.add(), name, found)
    content: bytes = tile.SerializeToString(deterministic=True)
    return content


def _write(layer: Any, name: str, features: Iterable[Feature]) -> None:
    layer.version, layer.name, layer.extent = _VERSION, name, EXTENT
    keys: dict[str, int] = {}
    values: dict[tuple[type, Value], int] = {}
    for feature in features:
        tags = []
        for key, value in feature.properties.items():
            if value is not None:
                # The type as well: 1 and True are equal.
                tags += [keys.setdefault(key, len(keys)), values.setdefault((type(value), value), len(values))]
        written = layer.features.add()
        written.type = _POINT if len(feature.places) == 1 else _POLYGON
        written.tags.extend(tags)
        written.geometry.extend(_geometry(feature.places))
    layer.keys.extend(keys)
    for kind, value in values:
        setattr(layer.values.add(), _FIELD_OF[kind], value)


_FIELD_OF: Final[Mapping[type, str]] = {
    str: "string_value",
    bool: "bool_value",
    int: "int_value",
    float: "double_value",
}


def _geometry(places: Sequence[Place]) -> list[int]:
    """Commands and steps: to a point; or to the first corner, from corner to corner, and back."""
    whole = [(round(x), round(y)) for x, y in places]
    if len(whole) == 1:
        return [_command(_MOVE, 1), *_steps(whole, (0, 0))]
    corners = _clockwise(whole[:-1])
    rest = _steps(corners[1:], corners[0])
    return [
        _command(_MOVE, 1),
        *_steps(corners[:1], (0, 0)),
        _command(_LINE, len(corners) - 1),
        *rest,
        _command(_CLOSE, 1),
    ]


def _clockwise(corners: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """An outer ring goes to the right first where rows are counted to the south."""
    area = sum(
        x * after_y - after_x * y for (x, y), (after_x, after_y) in zip(corners, corners[1:] + corners[:1], strict=True)
    )
    return corners if area > 0 else corners[::-1]


def _steps(places: Iterable[tuple[int, int]], before: tuple[int, int]) -> list[int]:
    steps = []
    x, y = before
    for to_x, to_y in places:
        steps += [_zigzag(to_x - x), _zigzag(to_y - y)]
        x, y = to_x, to_y
    return steps


def _command(kind: int, count: int) -> int:
    return kind | count << 3


def _zigzag(step: int) -> int:
    """A small number for a small step, also for a negative one."""
    return step << 1 if step >= 0 else (-step << 1) - 1


@cache
def _messages() -> Mapping[str, Any]:
    """The classes of the messages, by name. Made when the first tile is."""
    pool = DescriptorPool()
    pool.Add(_file())
    return {"Tile": GetMessageClass(pool.FindMessageTypeByName("vector_tile.Tile"))}


def _file() -> FileDescriptorProto:
    """The description of a tile, in the second version of the language, whose lists are packed where they say so."""
    value = _message(
        "Value",
        ("string_value", 1, FieldDescriptorProto.TYPE_STRING),
        ("float_value", 2, FieldDescriptorProto.TYPE_FLOAT),
        ("double_value", 3, FieldDescriptorProto.TYPE_DOUBLE),
        ("int_value", 4, FieldDescriptorProto.TYPE_INT64),
        ("uint_value", 5, FieldDescriptorProto.TYPE_UINT64),
        ("sint_value", 6, FieldDescriptorProto.TYPE_SINT64),
        ("bool_value", 7, FieldDescriptorProto.TYPE_BOOL),
    )
    feature = _message(
        "Feature",
        ("id", 1, FieldDescriptorProto.TYPE_UINT64),
        ("type", 3, FieldDescriptorProto.TYPE_UINT32),
        lists=(("tags", 2), ("geometry", 4)),
    )
    layer = _message(
        "Layer",
        ("version", 15, FieldDescriptorProto.TYPE_UINT32),
        ("name", 1, FieldDescriptorProto.TYPE_STRING),
        ("extent", 5, FieldDescriptorProto.TYPE_UINT32),
    )
    _add(layer, "features", 2, FieldDescriptorProto.TYPE_MESSAGE, of=".vector_tile.Feature")
    _add(layer, "keys", 3, FieldDescriptorProto.TYPE_STRING, repeated=True)
    _add(layer, "values", 4, FieldDescriptorProto.TYPE_MESSAGE, of=".vector_tile.Value")
    tile = _message("Tile")
    _add(tile, "layers", 3, FieldDescriptorProto.TYPE_MESSAGE, of=".vector_tile.Layer")
    return FileDescriptorProto(
        name="vector_tile.proto", package="vector_tile", syntax="proto2", message_type=[value, feature, layer, tile]
    )


def _message(name: str, *fields: tuple[str, int, Any], lists: Iterable[tuple[str, int]] = ()) -> DescriptorProto:
    message = DescriptorProto(name=name)
    for field, number, kind in fields:
        _add(message, field, number, kind)
    for field, number in lists:
        _add(message, field, number, FieldDescriptorProto.TYPE_UINT32, repeated=True).options.packed = True
    return message


def _add(
    message: DescriptorProto, name: str, number: int, kind: Any, *, repeated: bool = False, of: str | None = None
) -> FieldDescriptorProto:
    """A field; `of` names the message whose objects it has several of."""
    label = FieldDescriptorProto.LABEL_REPEATED if repeated or of else FieldDescriptorProto.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, type=kind, label=label)
    if of is not None:
        field.type_name = of
    return field
