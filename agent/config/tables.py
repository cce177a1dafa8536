"""The tables in docs/configuration.md: every setting, its range, its default and what it means."""

from collections.abc import Iterator
from enum import Enum
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from agent.config.models import Settings
from agent.config.shape import (
    bare,
    bounds_of,
    choices_of,
    is_mapping,
    model_of,
    named_model_of,
    sections,
)
from agent.config.tree import Where, dotted

HEADING = "## All settings\n"


def text() -> str:
    """From the heading to the end of the document."""
    return HEADING + "\n" + "\n".join(_lines())


def _lines() -> Iterator[str]:
    for where, model in sections():
        rows = list(_rows(where, model))
        if rows:
            yield f"### {dotted(where) if where else 'At the left margin'}\n"
            yield "| setting | value | default | meaning |\n|---|---|---|---|"
            yield from rows
            yield ""


def _rows(where: Where, model: type[BaseModel]) -> Iterator[str]:
    for key, field in model.model_fields.items():
        group = model_of(field.annotation) or named_model_of(field.annotation)
        if group is None:
            name = f"`{dotted((*where, key))}`"
            description = (field.description or "").replace("|", "\\|")
            yield f"| {name} | {_kind(field)} | {_default(field)} | {description} |"


def _kind(field: FieldInfo) -> str:
    annotation = bare(field.annotation)
    low, high = bounds_of(field)
    if choices := choices_of(annotation):
        return ", ".join(f"`{choice}`" for choice in choices)
    if annotation in (int, float):
        kind = "whole number" if annotation is int else "number"
        span = f", {low:g} to {high:.10g}" if low is not None and high is not None else ""
        return kind + span
    if annotation is bool:
        return "`true`, `false`"
    if annotation is SecretStr:
        return "text, secret"
    if is_mapping(annotation):
        return f"names with {'whole numbers' if bare(get_args(annotation)[1]) is int else 'texts'}"
    return "list" if get_origin(annotation) is tuple else _union(annotation)


def _union(annotation: Any) -> str:
    words = [choice for each in get_args(annotation) for choice in choices_of(each)]
    return " or a list".join(f"`{word}`" for word in words) + " or a list" if words else "text"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.default
    if value is None or field.default_factory is not None:
        return ""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, tuple):
        return f"`[{', '.join(map(str, value))}]`" if value else ""
    shown = str(value).lower() if isinstance(value, bool) else str(value).removesuffix(".0")
    return f"`{shown}`"


def all_settings() -> list[str]:
    """The path of every setting, NAME for the name of a device."""
    return [
        dotted((*where, key))
        for where, model in sections(Settings)
        for key, field in model.model_fields.items()
        if model_of(field.annotation) is None and named_model_of(field.annotation) is None
    ]
