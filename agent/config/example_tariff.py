"""The tariff of the example file: a dynamic contract with all parts."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from agent.config.example_lines import below, setting, wrapped
from agent.config.price_source import SourceConfig
from agent.config.tariff import (
    ChangeConfig,
    ExportConfig,
    FeeConfig,
    PeakConfig,
    PriceConfig,
    StepConfig,
    TariffConfig,
)


def tariff(field: FieldInfo) -> Iterator[str]:
    """A dynamic contract with all parts, each kind of source once."""
    of = TariffConfig.model_fields
    yield from wrapped(field.description or "", "")
    yield "#tariff:"
    for key, each in of.items():
        yield from _tariff_part(key, each)
    yield ""


_NAMED: Mapping[str, tuple[str, type[BaseModel]]] = MappingProxyType(
    {
        "grid_fees": ("low", FeeConfig),
        "changes": ("next_year", ChangeConfig),
        "prices": ("night", PriceConfig),
    }
)


def _tariff_part(key: str, field: FieldInfo) -> Iterator[str]:
    if key not in {"sources", "export", "peak", *_NAMED}:
        yield from setting(key, field, "  ", "tariff", optional=True)
        return
    yield from wrapped(field.description or "", "  ")
    yield f"  #{key}:"
    if key == "sources":
        yield from _sources()
    elif key == "export":
        yield from below(ExportConfig, "    ", {"kind": "spot"}, without=("per_kwh",))
        yield from wrapped(ExportConfig.model_fields["per_kwh"].description or "", "    ")
        yield "    # per_kwh: 0.0786"
    elif key == "peak":
        yield from below(PeakConfig, "    ", {}, without=("steps",))
        yield from wrapped(PeakConfig.model_fields["steps"].description or "", "    ")
        yield "    #steps:"
        yield "      #small:"
        yield from below(StepConfig, "        ", {})
        yield "      #large:"
        yield "        #per_month: 495"
    else:
        name, model = _NAMED[key]
        yield f"    #{name}:"
        yield from below(model, "      ", _DAYS)


_DAYS: Mapping[str, Any] = MappingProxyType({"since": '"2027-01-01"', "until": '"2028-01-01"'})
"""Other readers of YAML take a bare date for more than a text."""


def _sources() -> Iterator[str]:
    """Sources that together have every setting; one is enough for a house."""
    of = SourceConfig.model_fields
    yield "    #spot:"
    for key in ("kind", "zone"):
        yield from setting(key, of[key], "      ", "sources", optional=True)
    yield "    #nordpool_of_home_assistant:"
    yield "      #kind: nordpool"
    for key in ("contract", "token", "url"):
        yield from setting(key, of[key], "      ", "sources", optional=True)
    yield "      #zone: DE-LU"
    yield "    #sensor_of_home_assistant:"
    yield "      #kind: home-assistant"
    yield from setting("entity", of["entity"], "      ", "sources", optional=True)
    yield "      #token: secret"
    yield "      #url: http://192.168.1.10:8123"
    yield "    #broker:"
    yield "      #kind: mqtt"
    yield from setting("topics", of["topics"], "      ", "sources", optional=True)
    yield "    #market_table:"
    yield "      #kind: table"
    told = ("kind", "zone", "contract", "token", "url", "entity", "topics")
    for key, field in of.items():
        if key not in told:
            yield from setting(key, field, "      ", "sources", optional=True)
