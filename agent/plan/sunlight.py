"""Who charges on the sun, and how much of it is left for each of them. Pure.

1. What charges whatever the sun does (full speed, a plan, a person's start) is a part of the house:
   the sun that it takes is left over for nobody. So is the least that `min_solar` promises.
2. The rest is given away once: by priority, then in the order of the file. What a car does not take
   goes to the next one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from agent.model.intents import ChargerMode
from agent.model.readings import ChargerReading, DeviceId, PowerDelivery
from agent.model.snapshot import Seen
from agent.model.units import watts_from_amps
from agent.model.wishes import ChargerWish, Order

TAKES_NOTHING = frozenset({PowerDelivery.NO_POWER, PowerDelivery.COMPLETE})
_ON_SUN = frozenset({ChargerMode.SOLAR, ChargerMode.MIN_SOLAR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is left for the chargers that have yet to be asked.

    Args:
        sun_w: beside all that is promised; None = unknown.
        promised_w: the least of each that charges without sun too.
    """

    sun_w: float | None
    promised_w: Mapping[DeviceId, float]

    def of(self, device: DeviceId) -> float | None:
        """What one charger may take."""
        return None if self.sun_w is None else self.sun_w + self.promised_w.get(device, 0.0)

    def without(self, device: DeviceId, taken_w: float) -> "Left":
        """What is left when one takes so much."""
        if self.sun_w is None:
            return self
        more_w = max(0.0, taken_w - self.promised_w.get(device, 0.0))
        return replace(self, sun_w=self.sun_w - more_w)


def on_sun(wish: ChargerWish | None, order: Order | None) -> bool:
    """Whether a charger gives its car what the sun leaves over."""
    return wish is not None and order is None and wish.manual is None and wish.mode in _ON_SUN


def promised_w(seen: Seen[ChargerReading], wish: ChargerWish, min_a: float, phases: int) -> float:
    """What a charger gives its car without sun too."""
    most_a = min_a if wish.limit_a is None else wish.limit_a
    if wish.mode is not ChargerMode.MIN_SOLAR or most_a < min_a:
        return 0.0
    return 0.0 if seen.value.power_delivery in TAKES_NOTHING else watts_from_amps(min_a, phases)


def taken_w(seen: Seen[ChargerReading], amps: float, phases: int, ceiling_a: float | None) -> float:
    """What a car takes of what it is about to be offered, as far as that is known.

    Args:
        ceiling_a: the most that it was seen to take; None = all.
    """
    if seen.value.power_delivery in TAKES_NOTHING:
        return 0.0
    return watts_from_amps(amps if ceiling_a is None else min(amps, ceiling_a), phases)
