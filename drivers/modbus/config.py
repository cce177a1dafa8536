"""What the installer says about one Modbus device.

Everything that the device model already knows (port, speed of the line, unit, poll interval) has
None here and is filled in from the model, so that a config file needs two lines per device.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    field_validator,
    model_validator,
)

Part = Literal["inverter", "battery", "meter"]
Framer = Literal["auto", "socket", "rtu"]
Parity = Literal["N", "E", "O"]
Unit = Annotated[int, Field(ge=0, le=255)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_HOST = re.compile(r"[\w-]{1,63}(\.[\w-]{1,63})*\.?|(?=.*:.*:)[0-9A-Fa-f:.]+(%\w+)?")
"""A host name or IPv4 address, or an IPv6 address, which has colons of its own."""
_NETWORK_ONLY = ("port",)
_CABLE_ONLY = ("baudrate", "parity")


class ModbusConfig(BaseModel):
    """One device at a network address or on a serial cable."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    driver: Text = Field(description="Device model, e.g. eastron_sdm630 or sunspec.")
    name: Text | None = Field(
        default=None, description="What people call the device; without it, its name in this file."
    )
    host: Text | None = Field(
        default=None,
        description="Network address of the device or of the gateway before it, e.g. 192.168.1.40.",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="TCP port; without it, the device model's (502)."
    )
    serial: Text | None = Field(
        default=None,
        description="Serial adapter instead of host, by its lasting name: /dev/serial/by-id/...",
    )
    baudrate: int | None = Field(
        default=None,
        ge=1200,
        le=115200,
        description="Speed of the serial line in bits per second, as set in the device.",
    )
    parity: Parity | None = Field(
        default=None, description="Parity of the serial line: N (none), E (even) or O (odd)."
    )
    framer: Framer = Field(
        default="auto",
        description="socket = Modbus TCP; rtu = serial frames, also through a transparent gateway; "
        "auto = rtu on a serial line, socket on the network unless the model says otherwise.",
    )
    unit: Unit | None = Field(
        default=None, description="Unit id (slave address) of the device, 0 to 255."
    )
    units: Mapping[str, Unit] = Field(
        default_factory=dict,
        description="Unit ids of the parts behind one address, e.g. battery: 225 (Victron).",
    )
    poll_s: float | None = Field(
        default=None, ge=0.5, le=3600, description="Seconds between two readings of the device."
    )
    timeout_s: float | None = Field(
        default=None, ge=0.2, le=30, description="Seconds to wait for an answer."
    )
    parts: tuple[Part, ...] | None = Field(
        default=None,
        description="Which parts of the device to use: inverter, battery, meter. Without it, all "
        "that the device model knows; of a SunSpec device, the inverter.",
    )
    reverse_sign: bool = Field(
        default=False,
        description="True when the meter counts the wrong way round (transformer reversed).",
    )
    max_power_w: float | None = Field(
        default=None,
        gt=0,
        description="Rated power in watts; readings far above it are taken for a fault.",
    )
    capacity_kwh: float | None = Field(
        default=None,
        gt=0,
        le=10_000,
        description="Usable capacity of the battery in kWh, where the device does not tell it; "
        "without either, plans leave the battery out.",
    )
    control: bool = Field(
        default=True,
        description="Whether Hearth may set the operation mode of the battery, and turn the "
        "inverter down where less may be fed in.",
    )

    @field_validator("parity", "framer", mode="before")
    @classmethod
    def _any_case(cls, value: object, info: object) -> object:
        field = getattr(info, "field_name", None)
        if not isinstance(value, str):
            return value
        return value.upper() if field == "parity" else value.lower()

    @field_validator("host")
    @classmethod
    def _an_address(cls, host: str | None) -> str | None:
        if host is None or _HOST.fullmatch(host):
            return host
        raise ValueError(
            "that is no network address; write a name or an address such as 192.168.1.40, "
            "without http:// before and without a port behind it (see port)"
        )

    @field_validator("parts")
    @classmethod
    def _some_parts(cls, parts: tuple[Part, ...] | None) -> tuple[Part, ...] | None:
        if parts is not None and not parts:
            raise ValueError("the list is empty; name at least one part or remove the line")
        if parts is not None and len(set(parts)) < len(parts):
            raise ValueError("a part is listed twice; list each once")
        return parts

    @model_validator(mode="after")
    def _one_way_to_the_device(self) -> Self:
        if self.host and self.serial:
            raise ValueError(
                "host and serial are both set; keep host for a network device or serial for one "
                "on a cable"
            )
        if not self.host and not self.serial:
            raise ValueError(
                "host is missing; add the device's network address, or serial: with the path of "
                "the serial adapter"
            )
        self._no_settings_of_the_other_way()
        return self

    def _no_settings_of_the_other_way(self) -> None:
        wrong = _NETWORK_ONLY if self.serial else _CABLE_ONLY
        given = [name for name in wrong if getattr(self, name) is not None]
        if given and self.serial:
            raise ValueError(f"{given[0]} belongs to a network device; remove it or use host")
        if given:
            raise ValueError(f"{given[0]} belongs to a serial line; remove it or use serial")
        if self.serial and self.framer == "socket":
            raise ValueError("framer socket does not work on a serial line; remove the line")
