"""Where market prices come from, as the installer writes it."""

import difflib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from agent.config.day_hours import minutes_of
from agent.config.names import known_timezone
from agent.config.section import Section, Text
from agent.tariffs.hours import DAY_MINUTES, clock
from drivers.mqtt_config import Topic

SourceKind = Literal[
    "entsoe",
    "energy-charts",
    "awattar",
    "tibber",
    "octopus",
    "energinet",
    "hvakosterstrommen",
    "elprisetjustnu",
    "nordpool",
    "home-assistant",
    "mqtt",
    "table",
]

_NEEDS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "entsoe": ("zone", "token"),
        "energy-charts": ("zone",),
        "awattar": ("zone",),
        "tibber": ("token",),
        "octopus": ("contract", "zone"),
        "energinet": ("zone",),
        "hvakosterstrommen": ("zone",),
        "elprisetjustnu": ("zone",),
        "nordpool": ("url", "token", "contract", "zone"),
        "home-assistant": ("url", "token", "entity"),
        "mqtt": ("topics",),
        "table": ("address", "unit"),
    }
)
_TABLE: Final = (
    "token", "path", "start_field", "end_field", "cost_field", "time_format", "timezone",
    "delimiter", "published_at",
)  # fmt: skip
_MAY: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"tibber": ("contract",), "home-assistant": ("unit",), "mqtt": ("unit",), "table": _TABLE}
)
_NORTH: Final = "NO1 NO2 NO3 NO4 NO5 SE1 SE2 SE3 SE4 DK1 DK2 FI"
_CONTINENT: Final = "AT BE BG CH CZ DE-LU EE ES FR HU IT-North LT LV NL PL PT SI"
ZONES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "entsoe": (*f"{_CONTINENT} {_NORTH} IE-SEM".split(),),
        "energy-charts": (*f"{_CONTINENT} {_NORTH}".split(),),
        "awattar": ("DE", "AT"),
        "octopus": tuple("ABCDEFGHJKLMNP"),
        "energinet": ("DK1", "DK2", "NO2", "SE3", "SE4", "DE"),
        "hvakosterstrommen": tuple(f"NO{each}" for each in range(1, 6)),
        "elprisetjustnu": tuple(f"SE{each}" for each in range(1, 5)),
    }
)
CURRENCIES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "entsoe": ("EUR",),
        "energy-charts": ("EUR",),
        "awattar": ("EUR",),
        "octopus": ("GBP",),
        "energinet": ("DKK", "EUR"),
        "hvakosterstrommen": ("NOK",),
        "elprisetjustnu": ("SEK",),
    }
)
"""What each service tells; of those that are left out, any."""

WITH_VAT: Final = ("tibber", "octopus")


def _within_a_day(text: str) -> str:
    if minutes_of(text) == DAY_MINUTES:
        raise ValueError("there the day ends; write 00:00")
    return clock(minutes_of(text))


class SourceConfig(Section):
    """One service that tells prices."""

    kind: SourceKind = Field(
        description="Who tells the prices: entsoe, energy-charts, awattar, energinet, "
        "hvakosterstrommen and elprisetjustnu tell what the exchange pays, excluding VAT; tibber "
        "and octopus what their customers pay; nordpool (Home Assistant's integration), "
        "home-assistant (a sensor), mqtt and table (CSV or JSON) whatever stands there.",
        examples=["energy-charts"],
    )
    zone: Text | None = Field(
        default=None,
        description="Bidding zone, such as DE-LU, AT, NL, NO1, SE3, DK1; at octopus the letter of "
        "the region, at awattar DE or AT.",
        examples=["DE-LU"],
    )
    contract: Text | None = Field(
        default=None,
        description="At octopus the product, such as AGILE-24-10-01; at tibber the id of the "
        "home, if there are several; at nordpool the id of the config entry in Home Assistant.",
        examples=["01JD6EGCWVKMXCAR2PQBYQ0ZC8"],
    )
    token: SecretStr | None = Field(
        default=None,
        description="Key that the service wants: of entsoe, tibber, or Home Assistant (a "
        "long-lived access token); better as HEARTH_TARIFF__SOURCES__NAME__TOKEN in the "
        "environment or as a systemd credential than here.",
        examples=["secret"],
    )
    url: Text | None = Field(
        default=None,
        description="Address of Home Assistant, for nordpool and home-assistant.",
        examples=["http://192.168.1.10:8123"],
    )
    entity: Text | None = Field(
        default=None,
        description="Sensor of Home Assistant whose attributes have the prices (nordpool, "
        "epex_spot, entsoe, octopus_energy or amberelectric).",
        examples=["sensor.nordpool_kwh_de_lu_eur"],
    )
    topics: tuple[Topic, ...] | None = Field(
        default=None,
        description="Topics at the house's MQTT broker, for mqtt: each a list of objects with "
        "start, end and price, or the attributes of such a sensor as JSON.",
        examples=[["hass/sensor/nordpool/raw_today", "hass/sensor/nordpool/raw_tomorrow"]],
    )
    address: Text | None = Field(
        default=None,
        description="Web address or file of a table; {first}, {last}, {start} and {end} stand for "
        "the days and instants that are wanted, also as {first:%Y/%m-%d}.",
        examples=["https://example.org/prices/{first:%Y-%m-%d}.csv"],
    )
    unit: Text | None = Field(
        default=None,
        description="What the figures are in: EUR/MWh, ct/kWh, SEK/kWh. Needed for a table; for "
        "mqtt and home-assistant only where the sensor does not say it.",
        examples=["EUR/MWh"],
    )
    path: Text | None = Field(
        default=None,
        description="Where the list of rows stands in a JSON table, keys with dots between.",
        examples=["data.rows"],
    )
    start_field: Text = Field(
        default="start", description="Column or key of a table with the time at which a row begins."
    )
    end_field: Text | None = Field(
        default=None,
        description="Column or key with the time at which it ends; without it, where the next one "
        "begins.",
        examples=["end"],
    )
    cost_field: Text = Field(default="price", description="Column or key with the figure.")
    time_format: Text = Field(
        default="iso",
        description="How times are written in a table: iso, unix, unix_ms, or a pattern such as "
        "%d.%m.%Y %H:%M.",
    )
    timezone: Text | None = Field(
        default=None,
        description="Time zone of times without one in a table; without it, the house's.",
        examples=["Europe/Berlin"],
    )
    delimiter: Literal["comma", "semicolon", "tab"] = Field(
        default="comma", description="What stands between the columns of a CSV."
    )
    published_at: Annotated[Text, AfterValidator(_within_a_day)] = Field(
        default="13:00",
        description="When a table has the prices of the next day, by its time zone.",
    )

    @property
    def options(self) -> dict[str, object]:
        """What was given besides the kind, secrets as plain text."""
        token = {} if self.token is None else {"token": self.token.get_secret_value()}
        return self.model_dump(exclude_unset=True, exclude={"kind", "token"}) | token

    @model_validator(mode="after")
    def _what_the_kind_needs(self) -> Self:
        needs = _NEEDS[self.kind]
        for name in needs:
            if not getattr(self, name):
                raise ValueError(f"{name} is missing; {self.kind} needs it, add {name}:")
        for name in self.model_fields_set - {"kind", *needs, *_MAY.get(self.kind, ())}:
            raise ValueError(f"{name} does nothing for {self.kind}; delete it")
        zones = ZONES.get(self.kind, ())
        if zones and self.zone not in zones:
            typed = (self.zone or "").upper()
            near = [each for each in zones if typed and each.upper().startswith(typed)]
            near = near or difflib.get_close_matches(typed, zones, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"write one of {', '.join(zones)}"
            raise ValueError(f"zone is {self.zone}, no zone of {self.kind}; {remedy}")
        if self.timezone is not None:
            known_timezone(self.timezone)
        return self

    @model_validator(mode="after")
    def _the_address_can_be_filled_in(self) -> Self:
        if self.address is not None:
            from datetime import UTC, date, datetime

            day, instant = date(2026, 1, 1), datetime(2026, 1, 1, tzinfo=UTC)
            try:
                self.address.format(first=day, last=day, start=instant, end=instant)
            except (LookupError, ValueError, AttributeError):
                raise ValueError(
                    "address has {} that mean nothing here; write {first}, {last}, {start} or {end}"
                ) from None
        return self
