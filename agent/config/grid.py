"""What the installer writes about the grid operator's inputs."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from agent.config.names import Slug
from agent.config.section import Seconds, Section, Text

_NEEDS = {"mqtt": ("topic",), "modbus": ("host", "address"), "file": ("path",)}


class GridInputConfig(Section):
    """One way in which the grid operator's word comes into the house."""

    source: Literal["mqtt", "modbus", "file"] = Field(
        description="Where the word comes from: mqtt = a topic of the broker under mqtt; modbus = "
        "a contact or register of an input module; file = a file, e.g. a GPIO pin in sysfs."
    )
    topic: Text | None = Field(
        default=None, description="With mqtt: the topic.", examples=["fnn/limit"]
    )
    host: Text | None = Field(
        default=None,
        description="With modbus: network address of the input module.",
        examples=["192.168.1.60"],
    )
    port: int = Field(default=502, ge=1, le=65535, description="With modbus: its TCP port.")
    unit: int = Field(default=1, ge=0, le=255, description="With modbus: its unit id.")
    table: Literal["coil", "discrete", "holding", "input"] = Field(
        default="discrete", description="With modbus: coil, discrete, holding or input."
    )
    address: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="With modbus: address of the contact or register, as on the wire.",
        examples=["0"],
    )
    type: Literal["u16", "s16", "u32", "s32", "f32"] = Field(
        default="u16", description="With modbus: what a register holds."
    )
    path: Path | None = Field(
        default=None,
        description="With file: the file; it holds 1 or 0, or a power.",
        examples=["/sys/class/gpio/gpio17/value"],
    )
    value: Literal["switch", "power_w"] = Field(
        default="switch",
        description="switch = limited (1, on) or not (0, off), to the least that the law leaves; "
        "power_w = the limit itself in watts, off or -1 while there is none.",
    )
    factor: float = Field(
        default=1.0, gt=0, description="With power_w: watts per unit, e.g. 1000 for kilowatts."
    )
    inverted: bool = Field(
        default=False, description="With switch: true where on means that the house is free."
    )
    limit_w: float | None = Field(
        default=None,
        ge=0,
        le=500_000,
        description="With switch: the limit, in watts, instead of the least that the law leaves.",
        examples=["4200"],
    )
    counts: Literal["devices", "meter"] = Field(
        default="devices",
        description="What the limit counts: devices = what chargers and batteries take from the "
        "grid together; meter = all that the house takes.",
    )
    poll_s: Seconds = Field(
        default=0.2, ge=0.2, le=3, description="With modbus and file: seconds between two looks."
    )
    lost_after_s: Seconds = Field(
        default=30.0,
        ge=5,
        le=3600,
        description="After so many seconds without a word, or with the broker away, it is lost.",
    )
    when_lost: Literal["limit", "free", "keep"] = Field(
        default="limit",
        description="What holds when it is lost: limit = its limit, free = none, keep = what it "
        "said last.",
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        missing = [key for key in _NEEDS[self.source] if getattr(self, key) is None]
        if missing:
            raise ValueError(f"source: {self.source} needs {' and '.join(missing)}; add it")
        return self


class GridOperatorConfig(Section):
    """Limits of the grid operator, as by §14a EnWG in Germany."""

    rule: Literal["together", "each"] = Field(
        default="together",
        description="How the least that the law leaves is counted where an input only switches: "
        "together = by the formula for houses with an energy management system such as Hearth; "
        "each = limit_each_w for every device by itself.",
    )
    limit_each_w: float = Field(
        default=4200.0,
        ge=0,
        le=50_000,
        description="The least that the law leaves to one device, in watts.",
    )
    inputs: dict[Slug, GridInputConfig] = Field(
        default_factory=dict,
        description="Inputs by name; where several limit the house, the tightest counts.",
    )
