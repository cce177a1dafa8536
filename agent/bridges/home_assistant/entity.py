"""What an entity is: one row that drives discovery and state alike, so they cannot drift.

The rows stand in charger.py, vehicle.py, sources.py and gateway.py, are made with rows.py, and
TABLE in tables.py maps kinds to them. Those that come and go with cars and schedules are made by
on_charger.py and schedules.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from types import MappingProxyType
from typing import Final

from agent.model.actions import Action
from agent.model.driver import DeviceInfo
from agent.model.intents import Intent
from agent.model.nothing import nothing
from agent.model.pairs import PairingMode, ProbePolicy
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind, Reading
from agent.model.snapshot import Seen
from agent.model.targets import Reason

Value = float | str | Mapping[str, object] | None

STALE_AFTER_S: Final = 60.0
STALE_AFTER_POLLS: Final = 3.0
SLOW_STALE_AFTER_S: Final = 300.0
"""For what changes slowly (state of charge, temperature) and is therefore asked less often."""


class Platform(StrEnum):
    BINARY_SENSOR = "binary_sensor"
    BUTTON = "button"
    DEVICE_TRACKER = "device_tracker"
    NUMBER = "number"
    SELECT = "select"
    SENSOR = "sensor"
    SWITCH = "switch"
    TEXT = "text"


STATELESS: Final = (Platform.BUTTON, Platform.DEVICE_TRACKER)
"""A button has no state, and the tracker none but its attributes."""


class Needs(Enum):
    """What must be there for an entity to be available."""

    NOTHING = "it shows by its state whether Hearth runs"
    HEARTH = "Hearth: settings and counters, which stay while an inverter sleeps"
    DEVICE = "Hearth and a device that answers"


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a value function may look at: one device in one Picture.

    Args:
        seen: None until the device has spoken; of the gateway always None.
        reason: of the newest Target, its figures held still for a while.
        refusal: why a command from Home Assistant was not taken, if that is the latest news.
    """

    info: DeviceInfo
    picture: Picture
    seen: Seen[Reading] | None = None
    reason: Reason | None = None
    refusal: str | None = None

    def last(self, name: str) -> object:
        """A field of the newest state, however old; None if never said."""
        return None if self.seen is None else getattr(self.seen.value, name, None)

    def fresh(self, name: str, at_least_s: float = 0.0) -> float | None:
        """A figure that is true now; None when it was said too long ago."""
        within_s = max(stale_after_s(self.info), at_least_s)
        if self.seen is None or not self.seen.fresh(name, self.picture.now.mono_s, within_s):
            return None
        value = getattr(self.seen.value, name)
        return float(value) if isinstance(value, int | float) else None

    @property
    def action(self) -> Action | None:
        """The newest that was asked of the device, or of its car and done by it."""
        own = self.info.id
        mine = [a for a in self.picture.actions if own in (a.device, a.device_commanded)]
        return max(mine, key=lambda action: action.updated_at, default=None)


ValueOf = Callable[[View], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What a number may be set to, both ends included."""

    low: float
    high: float
    step: float


class BadCommand(Exception):
    """The payload of a command makes no sense; the text is the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Household:
    """What of the whole house decides which entities there are, and what they offer.

    Args:
        pairing: how pairs are used; OFF where there is nothing to pair.
        probe: whether a charger may charge slower for a while to see which car follows.
        cars: by id, with the names that people know them by.
        schedules: by id, with name and the device that each steers.
        smart: devices that can be charged smartly -> whether they are.
        currency: of the plans, ISO 4217; None while there is none.
        tariff: currency of the tariff; None where nobody told any.
        operator: whether the grid operator has an input of its own; None = nor can the cloud tell.
    """

    kinds: frozenset[DeviceKind]
    pairing: PairingMode = PairingMode.OFF
    probe: ProbePolicy = ProbePolicy.OFF
    cars: tuple[tuple[DeviceId, str], ...] = ()
    schedules: tuple[tuple[str, str, DeviceId], ...] = ()
    smart: Mapping[DeviceId, bool] = field(default_factory=nothing)
    currency: str | None = None
    tariff: str | None = None
    operator: bool | None = None


def _always(_info: DeviceInfo, _house: Household) -> bool:
    return True


def _unknown(_view: View) -> Value:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One row.

    Args:
        key: part of topics and unique ids; never changes.
        name: what people read after the device's name.
        value: from a View; None becomes "unknown" in Home Assistant.
        counter: has a retained topic of its own that keeps the last value while it is None.
        at_once: what must differ for the state to be published without delay; None for
            figures that change all the time.
        attributes: further figures shown with the entity; a key beside the state's.
        last_reset: when a `total` began, ISO 8601.
        shown: whether it exists, by the device and the house that it stands in.
        command: turns a payload into an Intent, or raises BadCommand; None = it is so already.
        expires: a fast measurement, for expire_after.
        extra: further discovery keys of this row alone.
    """

    platform: Platform
    key: str
    name: str
    value: ValueOf = _unknown
    device_class: str | None = None
    unit: str | None = None
    state_class: str | None = None
    category: str | None = None
    enabled: bool = True
    precision: int | None = None
    needs: Needs = Needs.DEVICE
    counter: bool = False
    at_once: ValueOf | None = None
    options: Callable[[DeviceInfo], tuple[str, ...]] | None = None
    span: Callable[[DeviceInfo], Span] | None = None
    attributes: ValueOf | None = None
    last_reset: ValueOf | None = None
    shown: Callable[[DeviceInfo, Household], bool] = _always
    command: Callable[[View, str], Intent | None] | None = None
    expires: bool = False
    extra: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def stale_after_s(info: DeviceInfo) -> float:
    """Three missed polls, and at least a minute."""
    return max(STALE_AFTER_POLLS * (info.poll_s or 0.0), STALE_AFTER_S)
