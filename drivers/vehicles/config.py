"""What the installer writes about each car."""

import difflib
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from drivers.mqtt_config import BrokerConfig, Text, Topic

Source = Literal["teslamate", "ovms", "statestream", "carconnectivity", "evcc", "mqtt", "cloud"]
Unit = Literal["%", "fraction", "km", "mi", "m", "kW", "W", "kWh", "Wh", "A", "s", "min", "h"]

FIELDS = (
    "soc_percent", "plugged_in", "charging", "state", "charge_limit_percent", "power_w",
    "range_km", "odometer_km", "max_current_a", "charge_remaining_s", "capacity_wh",
    "latitude_deg", "longitude_deg", "accuracy_m", "online", "as_of",
)  # fmt: skip
"""What can be mapped; see docs/vehicles.md."""


def _checked_field(name: str) -> str:
    if name in FIELDS:
        return name
    near = [each for each in FIELDS if each.startswith(name)]
    near = near or difflib.get_close_matches(name, FIELDS, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(FIELDS)}"
    raise ValueError(f"no such value of a car; {hint}")


FieldName = Annotated[str, AfterValidator(_checked_field)]


class FieldConfig(BaseModel):
    """Where one value of a car stands, and how it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    topic: Topic | None = Field(
        default=None,
        description="With source mqtt: the topic on which the value arrives.",
        examples=["car/status"],
    )
    path: Text | None = Field(
        default=None,
        description="With source mqtt: where the value stands in a JSON message, as a JSON Pointer "
        "(RFC 6901); without it the whole message is the value.",
        examples=["/data/soc/value"],
    )
    at_path: Text | None = Field(
        default=None,
        description="With source mqtt: where in the same JSON message the time stands at which the "
        "value was true (ISO 8601 or Unix time).",
        examples=["/data/soc/timestamp"],
    )
    entity: Text | None = Field(
        default=None,
        description="With source statestream: the entity in Home Assistant.",
        examples=["sensor.ioniq_ev_battery_level"],
    )
    attribute: Text | None = Field(
        default=None,
        description="With source statestream: an attribute of the entity instead of its state.",
        examples=["latitude"],
    )
    unit: Unit | None = Field(
        default=None,
        description="Unit in which the value comes; without it, the one that Home Assistant names, "
        "or the one at the end of the value's name here.",
        examples=["kW"],
    )
    factor: float | None = Field(
        default=None,
        description="What the number is multiplied with, after which it is in `unit`.",
        examples=["0.1"],
    )
    values: dict[str, str | bool] | None = Field(
        default=None,
        description="Table from what the source writes to what it means: true or false, or for "
        "state one of UNPLUGGED, INITIALIZING, CHARGING, DISCHARGING, COMPLETE, STOPPED, "
        "NO_POWER, FAULT; * stands for all else. What is not in the table is unknown.",
        examples=["{plugged: true, '*': false}"],
    )

    @field_validator("unit", mode="before")
    @classmethod
    def _any_case(cls, unit: object) -> object:
        return {each.lower(): each for each in get_args(Unit)}.get(str(unit).lower(), unit)


class CommandConfig(BaseModel):
    """How the car itself is told to charge or not."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    topic: Topic = Field(
        description="Topic that starts and stops the charge.", examples=["car/charging/set"]
    )
    start: Text = Field(default="start", description="What is sent to start.")
    stop: Text = Field(default="stop", description="What is sent to stop.")


class RefreshConfig(BaseModel):
    """How the car's gateway is asked for news; only when a person presses refresh."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    topic: Topic = Field(
        description="Topic that makes the gateway ask for news.", examples=["car/refresh/set"]
    )
    payload: Text = Field(default="force", description="What is sent there.")
    pause_s: float = Field(
        default=900.0,
        ge=60,
        le=86_400,
        description="A further refresh is refused for so many seconds; carmakers count requests, "
        "and each may wake the car.",
    )


class VehicleConfig(BaseModel):
    """One car, and where its state comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    source: Source = Field(
        description="Where the car's state comes from: teslamate, ovms, statestream (Home "
        "Assistant), carconnectivity, evcc, mqtt (any other topics, see fields) or cloud.",
        examples=["teslamate"],
    )
    name: Text | None = Field(
        default=None, description="What people call the car.", examples=["Model 3"]
    )
    id: Text | None = Field(
        default=None,
        description="Which car it is at its source: TeslaMate's number (1 without it), the VIN for "
        "carconnectivity, evcc's or the cloud's own name of the car.",
        examples=["1"],
    )
    topic: Topic | None = Field(
        default=None,
        description="First part of the source's topics: teslamate (or teslamate/NAMESPACE), "
        "ovms/USER/VEHICLE, statestream's base_topic, carconnectivity/0 or evcc; needed for ovms "
        "and statestream.",
        examples=["teslamate"],
    )
    broker: BrokerConfig | None = Field(
        default=None,
        description="The broker of this car's source, if it is not the one under mqtt.",
    )
    capacity_kwh: float | None = Field(
        default=None,
        ge=1,
        le=500,
        description="Usable capacity of the battery in kWh.",
        examples=["60"],
    )
    max_power_w: float | None = Field(
        default=None,
        ge=1000,
        le=1_000_000,
        description="The most that the car charges with at home, in watts.",
        examples=["11000"],
    )
    phases: int | None = Field(
        default=None, ge=1, le=3, description="Phases that the car charges on.", examples=["3"]
    )
    id_tokens: tuple[Text, ...] = Field(
        default=(),
        description="Cards or MAC addresses bound to this car, as the charger reads them.",
        examples=["[04A2B3C4D5]"],
    )
    charge_rate_source: Literal["charger", "vehicle", "estimate"] = Field(
        default="charger",
        description="Whose charge rate counts while the car hangs on one of the chargers: the "
        "charger's, the vehicle's own, or estimate where the source computes a better one.",
    )
    distance_unit: Literal["km", "mi"] = Field(
        default="km",
        description="Unit of distances for which the source names none (carconnectivity writes "
        "what the language of its host uses).",
    )
    control: bool = Field(
        default=False,
        description="Whether Hearth may start and stop the charge at the car itself (ovms and "
        "carconnectivity; for others see command).",
    )
    alive_within_s: float | None = Field(
        default=None,
        ge=10,
        le=604_800,
        description="With source mqtt: the gateway counts as lost when no message came for so "
        "many seconds; without it, silence means that nothing changed.",
        examples=["3600"],
    )
    command: CommandConfig | None = Field(
        default=None, description="How the car itself is told to charge, where its source can."
    )
    refresh: RefreshConfig | None = Field(
        default=None, description="How a person's wish for news is passed on, where it can be."
    )
    fields: dict[FieldName, FieldConfig] = Field(
        default_factory=dict,
        description="With source mqtt and statestream: where each value stands.",
    )

    @property
    def startable(self) -> bool:
        return self.control or self.command is not None

    @property
    def base(self) -> str:
        """First part of the source's topics, given or usual."""
        return self.topic or _BASES.get(self.source, "")

    @property
    def at_source(self) -> str:
        """What the source calls the car; TeslaMate counts from 1."""
        return self.id or "1"

    @model_validator(mode="after")
    def _what_the_source_needs(self) -> Self:
        if self.source in ("ovms", "statestream") and self.topic is None:
            raise ValueError(f"topic is missing; {_TOPIC_OF[self.source]}")
        if self.source in ("carconnectivity", "evcc", "cloud") and self.id is None:
            raise ValueError(f"id is missing; add id: with {_ID_OF[self.source]}")
        if self.source in ("mqtt", "statestream") and "fields" not in self.model_fields_set:
            raise ValueError(f"fields is missing; {_FIELDS_OF[self.source]}")
        return self

    @model_validator(mode="after")
    def _what_the_source_has_not(self) -> Self:
        mapped = self.source in ("mqtt", "statestream")
        idle = {
            "fields": bool(self.fields) and not mapped,
            "topic": self.topic is not None and self.source in ("mqtt", "cloud"),
            "id": self.id is not None and self.source in ("ovms", "statestream", "mqtt"),
            "alive_within_s": self.alive_within_s is not None and self.source != "mqtt",
            "control": self.control and self.source not in ("ovms", "carconnectivity"),
            "command": self.command is not None and self.source == "cloud",
            "refresh": self.refresh is not None and self.source == "cloud",
            "broker": self.broker is not None and self.source == "cloud",
        }
        for setting, wrong in idle.items():
            if wrong:
                raise ValueError(f"{setting} does nothing with source {self.source}; delete it")
        if self.control and self.command is not None:
            raise ValueError("control and command are both set; keep one of them")
        return self

    @model_validator(mode="after")
    def _fields_fit_the_source(self) -> Self:
        key = {"mqtt": "topic", "statestream": "entity"}.get(self.source)
        for name, field in self.fields.items():
            if key == "topic" and field.topic is None:
                raise ValueError(f"fields: {name} has no topic; add topic: below {name}")
            if key == "entity" and field.entity is None:
                raise ValueError(f"fields: {name} has no entity; add entity: below {name}")
            if key == "entity" and (field.topic or field.path or field.at_path):
                raise ValueError(f"fields: {name} has an entity; delete its topic and paths")
            if key == "topic" and (field.entity or field.attribute):
                raise ValueError(f"fields: {name} has a topic; delete its entity and attribute")
        return self


_BASES = {"teslamate": "teslamate", "carconnectivity": "carconnectivity/0", "evcc": "evcc"}
_TOPIC_OF = {
    "ovms": "add topic: with OVMS's topic prefix, e.g. ovms/USER/VEHICLE",
    "statestream": "add topic: with base_topic of Home Assistant's mqtt_statestream",
}
_ID_OF = {
    "carconnectivity": "the VIN",
    "evcc": "the car's name in evcc",
    "cloud": "the cloud's id of the car",
}
_FIELDS_OF = {
    "mqtt": "add fields: with soc_percent: {topic: ...} and others below it",
    "statestream": "add fields: with soc_percent: {entity: ...} and others below it",
}
