"""Whether a request keeps to the schema that the `ocpp` package has for it.

The schemas use a small part of JSON Schema draft 4, and that part is all that is known here: the
package's own checker would take 4 MB in every house with a charger. The two are held against
each other in tests/unit/test_ocpp_schemas.py.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

FOLDERS = {"1.6": "v16", "2.0.1": "v201"}
MOST_KEPT = 32
"""Schemas in memory; there are 13 requests that Hearth makes."""

_REMARKS = frozenset({"$schema", "comment", "description", "javaType", "title"})


@lru_cache(maxsize=MOST_KEPT)
def schema_of(action: str, version: str) -> dict[str, Any]:
    """The schema of a request, without the remarks in it; read within a millisecond.

    Raises:
        ValueError: there is no such request.
    """
    spec = find_spec("ocpp")
    if spec is None or spec.origin is None:
        raise ValueError("the ocpp package is not installed; install Hearth again")
    name = action if version == "1.6" else f"{action}Request"
    path = Path(spec.origin).parent / FOLDERS[version] / "schemas" / f"{name}.json"
    if not path.is_file():
        raise ValueError(f"OCPP {version} has no request {action}")
    schema: dict[str, Any] = json.loads(path.read_text("utf-8-sig"), object_hook=_bare)
    return schema


def _bare(group: dict[str, Any]) -> dict[str, Any]:
    """Without remarks; a property of the same name is no text and stays."""
    return {k: v for k, v in group.items() if not (k in _REMARKS and isinstance(v, str))}


def faults(payload: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[str]:
    """What a request breaks, the outermost first."""
    yield from _faults(payload, schema, schema.get("definitions", {}), "it")


def _faults(
    value: Any, schema: Mapping[str, Any], definitions: Mapping[str, Any], where: str
) -> Iterator[str]:
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
    for keyword, keeps in RULES.items():
        if keyword in schema and not keeps(value, schema[keyword]):
            yield f"{where} breaks {keyword} {schema[keyword]}"
    if isinstance(value, Mapping):
        known = schema.get("properties", {})
        if schema.get("additionalProperties") is False:
            yield from (f"{where} must not have {key}" for key in value if key not in known)
        for key in value.keys() & known.keys():
            yield from _faults(value[key], known[key], definitions, key)
    if isinstance(value, list) and "items" in schema:
        for number, each in enumerate(value):
            yield from _faults(each, schema["items"], definitions, f"{where}[{number}]")


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    if kind == "number":
        return isinstance(value, int | float) and math.isfinite(value)
    return isinstance(value, _TYPES[kind])


_TYPES: Mapping[str, type] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "object": dict,
    "string": str,
}


def _is_multiple(value: Any, step: float) -> bool:
    """Limits of 1.6 are multiples of 0.1, which holds for decimals and not for floats."""
    return not _is(value, "number") or Decimal(str(value)) % Decimal(str(step)) == 0


RULES: Mapping[str, Callable[[Any, Any], bool]] = {
    "type": _is,
    "enum": lambda value, words: value in words,
    "required": lambda value, keys: not isinstance(value, dict) or value.keys() >= set(keys),
    "maxLength": lambda value, most: not isinstance(value, str) or len(value) <= most,
    "minItems": lambda value, least: not isinstance(value, list) or len(value) >= least,
    "maxItems": lambda value, most: not isinstance(value, list) or len(value) <= most,
    "minimum": lambda value, least: not _is(value, "number") or value >= least,
    "multipleOf": _is_multiple,
}
"""Keyword -> whether a value keeps to it; each concerns values of its own type alone."""

SHAPES = frozenset({"$ref", "additionalProperties", "definitions", "items", "properties"})
WITHOUT_EFFECT = frozenset({"additionalItems", "default", "format"})
"""additionalItems concerns tuples, which no schema has; formats are not checked by default."""
