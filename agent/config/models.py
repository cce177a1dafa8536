"""The shape of the installer's file.

Every setting has its unit in its name and a description, from which the example, the schema
for editors and the remedies in faults are made.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    PrivateAttr,
    field_validator,
    model_validator,
)

from agent.config.battery import BatteryConfig
from agent.config.circuits import CircuitConfig
from agent.config.cloud import CloudConfig
from agent.config.grid import GridOperatorConfig
from agent.config.locations import LocationConfig
from agent.config.mqtt import MqttConfig
from agent.config.names import DeviceName, Slug, known_timezone
from agent.config.pairing import PairingConfig
from agent.config.schedules import ScheduleConfig
from agent.config.section import Seconds, Section, Text
from agent.config.smart import ChargerSmartConfig, VehicleSettings
from agent.config.solar import SolarConfig
from agent.config.tariff import TariffConfig
from agent.model.intents import ChargerMode
from drivers.modbus.config import ModbusConfig
from drivers.ocpp.config import ChargerConfig, OcppConfig


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


class ChargerSettings(ChargerConfig):
    """One charger, and what it does when nobody says otherwise."""

    mode: ChargerMode = Field(
        default=ChargerMode.FAST,
        description="What the charger does by default: off; fast = as fast as the fuse allows; "
        "solar = surplus only; min_solar = at least min_current_a, more with surplus; smart = as "
        "the plan says, and fast where there is none.",
    )
    start_delay_s: Seconds = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="The surplus must last this many seconds before solar charging starts.",
    )
    stop_delay_s: Seconds = Field(
        default=180.0,
        ge=0,
        le=3600,
        description="The surplus must be missing this many seconds before solar charging stops.",
    )
    residual_w: float = Field(
        default=0.0,
        ge=0,
        le=50_000,
        description="Surplus in watts that solar charging always leaves to the grid, against "
        "needless import.",
    )

    phase_dwell_s: Seconds = Field(
        default=600.0,
        ge=60,
        le=7200,
        description="With phase_switching: that many seconds the power must be one for the other "
        "number of phases before they are changed, and that long a change lasts at least. Who "
        "wants full power does not wait.",
    )
    phase_switches_a_day: int = Field(
        default=12,
        ge=2,
        le=100,
        description="With phase_switching: the most changes within 24 hours, since each wears the "
        "charger's contactor.",
    )
    priority: int = Field(
        default=0,
        ge=0,
        le=100,
        description="Where sun or room under a fuse is short, the charger with the greater number "
        "goes first; those with the same number share.",
    )
    mains_phases: tuple[Literal["L1", "L2", "L3"], ...] = Field(
        default=("L1", "L2", "L3"),
        min_length=1,
        max_length=3,
        description="On which phase of the mains each phase of the charger lies. Electricians turn "
        "them, so that cars on one phase do not all load L1.",
        examples=[["L2", "L3", "L1"]],
    )
    smart: ChargerSmartConfig | None = Field(
        default=None,
        description="Smart charging of cars that nobody knows: guests, and cars without a source. "
        "A car that is known has its own settings.",
    )

    @model_validator(mode="after")
    def _phase_settings_do_something(self) -> Self:
        for name in ("phase_dwell_s", "phase_switches_a_day"):
            value = getattr(self, name)
            if not self.phase_switching and value != type(self).model_fields[name].default:
                raise ValueError(
                    f"{name} is {value:g}, without phase_switching it does nothing; "
                    "add phase_switching: true or remove it"
                )
        return self


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
