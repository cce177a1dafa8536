"""The shape of the installer's file as a JSON schema, for editors."""

import json
from typing import Any

from agent.config.models import Settings
from agent.config.names import LONGEST_NAME, SLUG


def json_schema() -> dict[str, Any]:
    """The schema, as an editor needs it that reads YAML in its own way."""
    made = Settings.model_json_schema()
    _adapt(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "hearth.schema.json",
        **made,
        "title": "hearth.yaml",
    }


def text() -> str:
    """The schema as the file has it."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"


def _adapt(node: Any) -> None:
    if isinstance(node, list):
        for each in node:
            _adapt(each)
        return
    if not isinstance(node, dict):
        return
    if isinstance(node.get("title"), str):
        del node["title"]
    _without_null(node)
    if node.get("type") == "string" and "enum" not in node and "const" not in node:
        node["type"] = ["string", "number"]  # a serial number is a text to us
    if node.get("type") == "object":
        node["type"] = ["object", "null"]  # a group may be empty
        if "$ref" in (node.get("additionalProperties") or {}):
            node["propertyNames"] = {"pattern": f"^{SLUG}$", "maxLength": LONGEST_NAME}
    for each in node.values():
        _adapt(each)


def _without_null(node: dict[str, Any]) -> None:
    """No value is no line, so nothing may be null."""
    if node.get("default", ...) is None:
        del node["default"]
    some = [each for each in node.get("anyOf", []) if each != {"type": "null"}]
    if "anyOf" not in node or len(some) == len(node["anyOf"]):
        return
    if len(some) == 1:
        del node["anyOf"]
        node.update({**some[0], **node})
    else:
        node["anyOf"] = some
