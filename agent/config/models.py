"""The shape of the installer's file.

Every setting has its unit in its name and a description, from which the example, the schema
for editors and the remedies in faults are made.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, PrivateAttr

from agent.config.battery import BatteryConfig
from agent.config.charger import ChargerSettings
from agent.config.circuits import CircuitConfig
from agent.config.cloud import CloudConfig
from agent.config.grid import GridOperatorConfig
from agent.config.house import HouseConfig
from agent.config.locations import LocationConfig
from agent.config.mqtt import MqttConfig
from agent.config.names import DeviceName, Slug
from agent.config.pairing import PairingConfig
from agent.config.schedules import ScheduleConfig
from agent.config.section import Seconds, Section
from agent.config.smart import VehicleSettings
from agent.config.solar import SolarConfig
from agent.config.tariff import TariffConfig
from drivers.modbus.config import ModbusConfig
from drivers.ocpp.config import OcppConfig


class StoreConfig(Section):
    """The database."""

    path: Path = Field(
        default=Path("/var/lib/hearth/hearth.db"),
        description="Database file; under systemd it stands in the state directory by itself.",
    )
    commit_every_s: Seconds = Field(
        default=60.0,
        ge=1,
        le=900,
        description="How often samples go to disk; facts such as a started charge go at once. "
        "Longer spares an SD card, a power cut loses at most this much.",
    )
    keep_raw_days: float = Field(
        default=7,
        ge=1,
        le=366,
        description="Days for which every sample is kept; 15-minute history is kept for ever.",
    )
    quota_mb: int = Field(
        default=512,
        ge=16,
        le=1_000_000,
        description="The most the database may take on disk; the oldest samples go first.",
    )


class ApiConfig(Section):
    """How programs on this machine see Hearth."""

    socket: Path | None = Field(
        default=None,
        description="Unix socket of `hearth status`; without it, in systemd's runtime directory "
        "or next to the database.",
        examples=["/run/hearth/hearth.sock"],
    )


class Settings(Section):
    """Everything that the installer says, checked."""

    house: HouseConfig = Field(description="The house and its grid connection.")
    store: StoreConfig = Field(default_factory=StoreConfig, description="The database.")
    solar: SolarConfig = Field(
        default_factory=SolarConfig,
        description="Forecasts of the sun; without a service they are made from the house's own "
        "history.",
    )
    mqtt: MqttConfig | None = Field(
        default=None,
        description="The MQTT broker through which Home Assistant sees the house; without this "
        "section there is none.",
    )
    cloud: CloudConfig | None = Field(
        default=None,
        description="The cloud that this house reports to; without this section there is none, "
        "and nothing is missing.",
    )
    pairing: PairingConfig = Field(
        default_factory=PairingConfig,
        description="How Hearth uses what it knows of which car hangs on which charger.",
    )
    ocpp: OcppConfig = Field(
        default_factory=OcppConfig, description="Where chargers connect to (OCPP 1.6J and 2.0.1)."
    )
    chargers: dict[DeviceName, ChargerSettings] = Field(
        default_factory=dict, description="Chargers by name; a box with two sockets is two."
    )
    devices: dict[DeviceName, ModbusConfig] = Field(
        default_factory=dict, description="Inverters, batteries and meters (Modbus) by name."
    )
    vehicles: dict[DeviceName, VehicleSettings] = Field(
        default_factory=dict,
        description="Cars by name; their state comes over MQTT or from the cloud.",
    )
    schedules: dict[Slug, ScheduleConfig] = Field(
        default_factory=dict,
        description="Schedules by name: when a charger or a car charges; see docs/schedules.md.",
    )
    locations: dict[Slug, LocationConfig] = Field(
        default_factory=dict,
        description="Places by name, other than the house, where cars or chargers of yours stand.",
    )
    battery: BatteryConfig = Field(
        default_factory=BatteryConfig,
        description="What Hearth does with the batteries when nobody gives them a mode.",
    )
    circuits: dict[Slug, CircuitConfig] = Field(
        default_factory=dict,
        description="Fuses below the main one, by name, where chargers share one.",
    )
    grid_operator: GridOperatorConfig = Field(
        default_factory=GridOperatorConfig,
        description="How the grid operator may limit the house; see docs/grid-operator.md.",
    )
    tariff: TariffConfig | None = Field(
        default=None,
        description="What electricity costs and earns; see docs/tariffs.md. Without this section "
        "Hearth knows no prices.",
    )
    maps_folder: Path | None = Field(
        default=None,
        description="Folder with device models of your own; one wins over ours of the same name.",
        examples=["/etc/hearth/maps"],
    )
    api: ApiConfig = Field(
        default_factory=ApiConfig, description="How programs on this machine see Hearth."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged: debug, info, warning or error."
    )

    _warnings: tuple[str, ...] = PrivateAttr(default=())

    @property
    def warnings(self) -> tuple[str, ...]:
        """What works but should not stay so, one sentence each."""
        return self._warnings

    def with_warnings(self, warnings: tuple[str, ...]) -> Self:
        """The same settings, with what should be said about them."""
        self._warnings = warnings
        return self

    @property
    def socket_path(self) -> Path:
        """Where `hearth status` finds the daemon."""
        return self.api.socket or self.store.path.with_name("hearth.sock")

    @property
    def mqtt_client_id(self) -> str:
        """Name of our connection at the broker."""
        own = self.mqtt.client_id if self.mqtt else None
        return own or f"hearth-{self.house.id}"
