"""What the installer's file says of pairs, places and schedules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model.nothing import nothing
from agent.model.pairs import PairingSettings
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Schedule
from agent.model.smart import SmartPolicy
from agent.tariffs import HouseTariff


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """Args:
    home: id of the house's own Location.
    locations, schedules: by id; the cloud cannot change these, only add others.
    policies: smart charging by device; people and the cloud may change it.
    tariff: None = the file says nothing of prices.
    timezone: IANA name of the house's zone.
    """

    home: str = "home"
    pairing: PairingSettings = field(default_factory=PairingSettings)
    locations: Mapping[str, Location] = field(default_factory=nothing)
    schedules: Mapping[str, Schedule] = field(default_factory=nothing)
    policies: Mapping[DeviceId, SmartPolicy] = field(default_factory=nothing)
    tariff: HouseTariff | None = None
    timezone: str = "UTC"
