"""Lines of the example file: a setting with what it means, and groups of settings."""

import textwrap
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

WIDTH = 92

_SHOWN: Mapping[str, Any] = MappingProxyType(
    {
        "identity": "CP0815",
        "driver": "victron_gx",
        "host": "192.168.1.41",
        "port": 502,
        "unit": 100,
        "units": {"battery": 225},
        "poll_s": 5,
        "timeout_s": 5,
        "parts": ["inverter", "battery"],
        "max_power_w": 10000,
        "capacity_kwh": 10,
        "heartbeat_s": 60,
        "password": "secret",
        "tls_certificate": "/etc/hearth/hearth.pem",
        "tls_key": "/etc/hearth/hearth.key",
        "serial": "/dev/serial/by-id/usb-FTDI_FT232R_A50285BI-if00-port0",
        "baudrate": 9600,
        "parity": "N",
    }
)
_ALWAYS = frozenset({"house.grid_meter"})


def head(key: str, field: FieldInfo) -> Iterator[str]:
    """The line that begins a group, with what the group is."""
    yield from wrapped(field.description or "", "")
    yield f"{key}:"


def group(
    key: str, field: FieldInfo, model: type[BaseModel], *, optional: bool = False
) -> Iterator[str]:
    """A group with all its settings.

    Args:
        optional: a house may well do without it, so that all of it is left out.
    """
    yield from wrapped(field.description or "", "")
    yield f"#{key}:" if optional else f"{key}:"
    for name, each in model.model_fields.items():
        yield from setting(name, each, "  ", key, optional=optional)
    yield ""


def entry(
    name: str, model: type[BaseModel], shown: Mapping[str, Any], without: tuple[str, ...] = ()
) -> Iterator[str]:
    """A device by its name, with all its settings.

    Args:
        shown: values to show instead of defaults and examples.
        without: settings that stand elsewhere.
    """
    yield f"  {name}:"
    for key, field in model.model_fields.items():
        if key not in without:
            yield from setting(key, field, "    ", name, shown=shown)
    yield ""


def inside(key: str, field: FieldInfo, model: type[BaseModel]) -> Iterator[str]:
    """A group of settings inside an entry; a line for each, all left out."""
    yield from wrapped(field.description or "", "    ")
    yield f"    #{key}:"
    for name, each in model.model_fields.items():
        yield from setting(name, each, "      ", key, optional=True)


def below(
    model: type[BaseModel], indent: str, shown: Mapping[str, Any], without: tuple[str, ...] = ()
) -> Iterator[str]:
    """All settings of a model, left out; Args as those of `entry`."""
    for key, field in model.model_fields.items():
        if key not in without:
            yield from setting(key, field, indent, key, optional=True, shown=shown)


def setting(
    key: str,
    field: FieldInfo,
    indent: str,
    group: str,
    *,
    optional: bool = False,
    shown: Mapping[str, Any] = MappingProxyType({}),
) -> Iterator[str]:
    """What a setting means, and a line with it; left out where a house may do without it."""
    yield from wrapped(field.description or "", indent)
    optional = optional or not (field.is_required() or f"{group}.{key}" in _ALWAYS or key == "host")
    yield f"{indent}{'#' if optional else ''}{key}: {_yaml(shown.get(key) or _value(key, field))}"


def _value(key: str, field: FieldInfo) -> Any:
    if field.default is not None and not field.is_required() and field.default_factory is None:
        return field.default
    return field.examples[0] if field.examples else _SHOWN[key]


def wrapped(description: str, indent: str) -> Iterator[str]:
    """A description as lines of comment."""
    for line in textwrap.wrap(description, WIDTH - len(indent)):
        yield f"{indent}# {line}"


def _yaml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case float():
            return f"{value:g}"
        case list() | tuple():
            return f"[{', '.join(map(str, value))}]"
        case dict():
            return "{" + ", ".join(f"{key}: {each}" for key, each in value.items()) + "}"
        case Path():
            return str(value)
    return str(value)
