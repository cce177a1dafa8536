"""What the installer writes about the sun: the planes of the plant, and who foretells it."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from agent.config.names import Slug
from agent.config.section import Seconds, Section, Text

_NEEDS: dict[str, tuple[str, ...]] = {
    "none": (),
    "open-meteo": ("planes",),
    "forecast-solar": ("planes",),
    "solcast": ("sites", "key"),
    "home-assistant": ("url", "entities", "token"),
    "json": ("url",),
    "mqtt": ("topics",),
}


class PlaneConfig(Section):
    """Modules that look the same way."""

    tilt_deg: float = Field(
        ge=0, le=90, description="0 = flat, 90 = upright like a wall.", examples=["35"]
    )
    azimuth_deg: float = Field(
        ge=-180,
        le=180,
        description="Where the modules look: 0 = south, -90 = east, 90 = west, 180 = north.",
        examples=["-10"],
    )
    peak_w: float = Field(
        gt=0,
        le=1_000_000,
        description="Peak power of the modules, in watts.",
        examples=["8200"],
    )


class SolarConfig(Section):
    """Forecasts of the sun; without a service they are made from the house's own history."""

    service: Literal[
        "none", "open-meteo", "forecast-solar", "solcast", "home-assistant", "json", "mqtt"
    ] = Field(
        default="none",
        description="Who foretells the sun: none = the house's own history alone; open-meteo, "
        "forecast-solar = these services, from the planes and the house's position; solcast = "
        "from your sites there; home-assistant = attributes of its sensors; json = any address; "
        "mqtt = topics of the broker under mqtt. See docs/forecasts.md.",
    )
    planes: dict[Slug, PlaneConfig] = Field(
        default_factory=dict,
        description="The planes of the plant by name; open-meteo and forecast-solar need them.",
    )
    max_power_w: float | None = Field(
        default=None,
        gt=0,
        le=1_000_000,
        description="The most that the inverters give together, in watts; without it, the sum of "
        "the planes.",
        examples=["8000"],
    )
    key: SecretStr | None = Field(
        default=None,
        description="Key of solcast, or of a paid account at forecast-solar; better as "
        "HEARTH_SOLAR__KEY in the environment or as the systemd credential solar__key than here.",
        examples=["secret"],
    )
    sites: tuple[Text, ...] = Field(
        default=(),
        description="With solcast: the ids of your sites.",
        examples=[["a1b2-c3d4-e5f6-a7b8"]],
    )
    url: Text | None = Field(
        default=None,
        pattern=r"^https?://[^\s/]+",
        description="With home-assistant: its address; with json: where the rows are.",
        examples=["http://homeassistant.local:8123"],
    )
    token: SecretStr | None = Field(
        default=None,
        description="With home-assistant: a long-lived access token; with json: sent as bearer "
        "token. Better as HEARTH_SOLAR__TOKEN or as the systemd credential solar__token than here.",
        examples=["secret"],
    )
    entities: tuple[Text, ...] = Field(
        default=(),
        description="With home-assistant: sensors with rows in an attribute, e.g. one for today "
        "and one for tomorrow.",
        examples=[["sensor.solcast_pv_forecast_forecast_today"]],
    )
    topics: tuple[Text, ...] = Field(
        default=(),
        description="With mqtt: topics with rows; several add up.",
        examples=[["solar/today"]],
    )
    rows: str | None = Field(
        default=None,
        description="Where the list of rows stands, keys joined by dots; an object from times to "
        "figures serves too. Without it attributes.detailedForecast with home-assistant, else the "
        "whole answer.",
        examples=["attributes.detailedForecast"],
    )
    time_key: Text = Field(
        default="period_start", description="Key of the time in a row: ISO 8601 or Unix seconds."
    )
    value_key: Text = Field(default="pv_estimate", description="Key of the figure in a row.")
    low_key: Text | None = Field(
        default="pv_estimate10", description="Key of its lower bound; a row may lack it."
    )
    high_key: Text | None = Field(
        default="pv_estimate90", description="Key of its upper bound; a row may lack it."
    )
    unit: Literal["W", "kW", "Wh", "kWh"] = Field(
        default="kW", description="Unit of the figures: W or kW as a mean, Wh or kWh of each row."
    )
    stamp: Literal["start", "end"] = Field(
        default="start", description="Whether the time of a row is its start or its end."
    )
    row_s: Seconds | None = Field(
        default=None,
        ge=60,
        le=10_800,
        description="Length of a row in seconds; without it, up to the next one.",
        examples=["1800"],
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [key for key in _NEEDS[self.service] if not getattr(self, key)]
        if missing:
            raise ValueError(f"service: {self.service} needs {' and '.join(missing)}; add it")
        return self
