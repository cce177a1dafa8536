"""What the installer's file says of pairs, places and schedules."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agent.model.nothing import nothing
from agent.model.pairs import PairingSettings
from agent.model.schedules import Location, Schedule
from agent.tariffs import HouseTariff


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseRules:
    """Args:
    home: id of the house's own Location.
    locations, schedules: by id; the cloud cannot change these, only add others.
    tariff: None = the file says nothing of prices.
    """

    home: str = "home"
    pairing: PairingSettings = field(default_factory=PairingSettings)
    locations: Mapping[str, Location] = field(default_factory=nothing)
    schedules: Mapping[str, Schedule] = field(default_factory=nothing)
    tariff: HouseTariff | None = None
