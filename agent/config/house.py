"""What the installer writes about the house and its grid connection."""

from typing import Literal, Self

from pydantic import Field, field_validator, model_validator

from agent.config.names import Slug, known_timezone
from agent.config.section import Seconds, Section, Text


class HouseConfig(Section):
    """The house and its grid connection."""

    name: Text = Field(default="Home", description="What people call the house.")
    id: Slug = Field(
        default="home",
        description="Short id of this gateway in topics and entity ids; never change it later, "
        "or Home Assistant sees a new gateway.",
    )
    timezone: Text = Field(
        description="IANA time zone of the house; days and schedules follow it.",
        examples=["Europe/Berlin"],
    )
    fuse_a: float = Field(
        ge=6,
        le=125,
        description="Main fuse, ampere per phase. Hearth keeps the chargers below it.",
        examples=["25"],
    )
    fuse_margin_a: float = Field(
        default=1.0,
        ge=0,
        le=20,
        description="Ampere per phase that stay free under the main fuse.",
    )
    phases: Literal[1, 3] = Field(default=3, description="Phases of the grid connection: 1 or 3.")
    grid_meter: Text | None = Field(
        default=None,
        description="Device that measures at the grid connection; without it, the only meter. The "
        "meter of a hybrid inverter is called NAME_meter.",
        examples=["grid"],
    )
    meter_stale_s: Seconds = Field(
        default=15.0,
        ge=2,
        le=300,
        description="When the grid meter has been silent for this many seconds, the chargers "
        "fall back to what is safe without it.",
    )
    battery_first_percent: float = Field(
        default=0.0,
        ge=0,
        le=100,
        description="Below this level, in percent, the batteries get the sun before solar "
        "charging; 0 = the cars always go first.",
    )
    import_limit_w: float | None = Field(
        default=None,
        ge=1400,
        le=500_000,
        description="The most that may be taken from the grid, in watts over all phases; the cars "
        "get what the house leaves. Without it, the fuse alone limits.",
        examples=["15000"],
    )
    export_limit_w: float | None = Field(
        default=None,
        ge=0,
        le=500_000,
        description="The most that may be given to the grid, in watts: plans keep below it, what "
        "takes surplus goes first, and inverters that can be turned down give no more.",
        examples=["7000"],
    )
    feed_in_below_zero: bool = Field(
        default=True,
        description="Whether sun is fed in also while that costs money. With false, inverters that "
        "can be turned down then give what the house takes and no more.",
    )
    unbalanced_load_a: float | None = Field(
        default=None,
        ge=6,
        le=125,
        description="By how many ampere two phases may differ for the sake of a car on one or two "
        "phases (20 in Germany and Austria, 16 in Switzerland). Without it there is no such rule.",
        examples=["20"],
    )
    latitude_deg: float | None = Field(
        default=None,
        ge=-90,
        le=90,
        description="Where the house is, degrees north.",
        examples=["52.52"],
    )
    longitude_deg: float | None = Field(
        default=None,
        ge=-180,
        le=180,
        description="Where the house is, degrees east.",
        examples=["13.41"],
    )

    @field_validator("timezone")
    @classmethod
    def _timezone_exists(cls, name: str) -> str:
        return known_timezone(name)

    @field_validator("phases", mode="before")
    @classmethod
    def _one_or_three(cls, phases: object) -> object:
        return int(phases) if isinstance(phases, str) and phases in ("1", "3") else phases

    @model_validator(mode="after")
    def _both_coordinates(self) -> Self:
        if (self.latitude_deg is None) != (self.longitude_deg is None):
            raise ValueError("latitude_deg and longitude_deg belong together; give both or neither")
        return self
