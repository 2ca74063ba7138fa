"""The AsyncAPI 3.0 document: the topics, who sends and receives on them, and every message with its headers."""

from typing import Any, Final

from clearway_contracts.codec import CONTENT_TYPE, SPEC_VERSION
from clearway_contracts.envelope import EventData
from clearway_contracts.json_schema import message_name, shared_schemas
from clearway_contracts.registry import EVENTS, schema_name
from clearway_contracts.topics import DEAD_LETTERS, TOPICS, Topic

_BINDING: Final = "0.5.0"
_DEAD_LETTER: Final = "dead-letter"
_TEXT: Final = {"type": "string"}
_ID: Final = {"type": "string", "format": "uuid"}
_TIME: Final = {"type": "string", "format": "date-time"}


def asyncapi() -> dict[str, Any]:
    """The whole document, ready to be written as JSON."""
    return {
        "asyncapi": "3.0.0",
        "info": _info(),
        "defaultContentType": CONTENT_TYPE,
        "servers": {"kafka": _server()},
        "channels": {topic.name: _channel(topic) for topic in TOPICS},
        "operations": {name: operation for topic in TOPICS for name, operation in _operations(topic).items()},
        "components": {"messages": _messages(), "schemas": shared_schemas()},
    }


def events_of(topic: Topic) -> list[type[EventData]]:
    """The events that travel on a topic, in the order of the registry."""
    return [contract for contract in EVENTS.values() if contract.topic == topic.name]


def summary(contract: type[EventData]) -> str:
    """What an event says, in a sentence or two on one line."""
    return " ".join((contract.__doc__ or "").split())


def _info() -> dict[str, Any]:
    return {
        "title": "Clearway events",
        "version": "1.0.0",
        "description": "Incidents, the alerts they cause, and the risk of routes. CloudEvents 1.0 in the Kafka "
        "binding's binary mode: attributes in the headers, data in the value. Each event carries the whole state "
        "after the change. Unknown properties, event types and newer versions are to be ignored.",
        "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{broker}",
        "protocol": "kafka",
        "description": "The mission's Kafka cluster.",
        "variables": {"broker": {"default": "localhost:9092", "description": "Host and port of a bootstrap broker."}},
    }


def _channel(topic: Topic) -> dict[str, Any]:
    names = _message_names(topic)
    return {
        "address": topic.name,
        "description": f"{topic.describes} Ordered by {topic.key}.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": _topic_binding(topic)},
    }


def _topic_binding(topic: Topic) -> dict[str, Any]:
    return {
        "topic": topic.name,
        "partitions": topic.partitions,
        "topicConfiguration": {
            "cleanup.policy": ["delete"],
            "retention.ms": -1 if topic.retention_ms is None else topic.retention_ms,
            "max.message.bytes": topic.max_message_bytes,
        },
        "bindingVersion": _BINDING,
    }


def _operations(topic: Topic) -> dict[str, Any]:
    sends = {f"{service}.send.{topic.name}": _operation(topic, service, "send") for service in topic.producers}
    receives = {f"{service}.receive.{topic.name}": _operation(topic, service, "receive") for service in topic.consumers}
    return sends | receives


def _operation(topic: Topic, service: str, action: str) -> dict[str, Any]:
    group = {"groupId": {"type": "string", "const": service}} if action == "receive" else {}
    return {
        "action": action,
        "title": f"{service}: {action} on {topic.name}",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{name}"} for name in _message_names(topic)],
        "tags": [{"name": service}],
        "bindings": {"kafka": {**group, "bindingVersion": _BINDING}},
    }


def _message_names(topic: Topic) -> list[str]:
    return [_DEAD_LETTER] if topic is DEAD_LETTERS else [message_name(contract) for contract in events_of(topic)]


def _messages() -> dict[str, Any]:
    return {message_name(contract): _message(contract) for contract in EVENTS.values()} | {_DEAD_LETTER: _dead_letter()}


def _message(contract: type[EventData]) -> dict[str, Any]:
    return {
        "name": contract.event_type,
        "title": message_name(contract),
        "summary": summary(contract),
        "contentType": CONTENT_TYPE,
        "headers": _headers(contract),
        "payload": {"$ref": f"#/components/schemas/{contract.__name__}"},
        "bindings": {"kafka": {"key": {**_TEXT, "description": "Equal to ce_subject."}, "bindingVersion": _BINDING}},
    }


def _headers(contract: type[EventData]) -> dict[str, Any]:
    required = {
        "ce_specversion": {**_TEXT, "const": SPEC_VERSION},
        "ce_type": {**_TEXT, "const": contract.event_type},
        "ce_dataschema": {**_TEXT, "const": schema_name(contract.event_type, contract.version)},
        "ce_id": {**_ID, "description": "UUIDv7; the same on every repeat."},
        "ce_source": {**_TEXT, "description": "The part of the service that published it."},
        "ce_subject": {**_TEXT, "description": f"The {' or '.join(contract.subject_fields)} of the data."},
        "ce_partitionkey": {**_TEXT, "description": "Equal to ce_subject."},
        "ce_mission": {**_TEXT, "description": "The tenant."},
        "ce_time": {**_TIME, "description": "When it happened."},
        "ce_recordedtime": {**_TIME, "description": "When it was written down."},
        "content-type": {**_TEXT, "const": CONTENT_TYPE},
    }
    optional = {
        "ce_causationid": {**_ID, "description": "ce_id of the event that caused this one."},
        "traceparent": {**_TEXT, "description": "W3C trace context."},
    }
    return {"type": "object", "properties": required | optional, "required": list(required)}


def _dead_letter() -> dict[str, Any]:
    names = ("dl_id", "dl_topic", "dl_partition", "dl_offset", "dl_consumer", "dl_error", "dl_attempts", "dl_time")
    return {
        "name": _DEAD_LETTER,
        "title": "A message that was not taken",
        "summary": "The message as it was, its own headers included, with its origin, error and attempts in dl_*.",
        "contentType": "application/octet-stream",
        "headers": {"type": "object", "properties": dict.fromkeys(names, _TEXT), "required": list(names)},
        "payload": {"description": "The bytes that were published, whatever they are."},
        "bindings": {"kafka": {"key": {**_TEXT, "description": DEAD_LETTERS.key}, "bindingVersion": _BINDING}},
    }
