"""Whose the sun is where several cars charge: no two of them are told that it is theirs. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from agent.model.readings import DeviceId
from agent.plan.follow_cars import Wish
from agent.plan.follow_sight import Sight


@dataclass(frozen=True, slots=True, kw_only=True)
class SunShare:
    """What of the sun that the house leaves over is in what a car is given.

    Args:
        others_w: what other cars have of it. others: how many those are.
    """

    own_w: float = 0.0
    others_w: float = 0.0
    others: int = 0


def sun_shares(
    view: Sight, wanted: Sequence[Wish], given: Mapping[DeviceId, float]
) -> dict[DeviceId, SunShare]:
    """By car. In the order in which wishes are made: who cannot wait, then to whom it is worth
    most."""
    left_w = max(view.moment.sun_w - view.moment.load_w, 0.0)
    own_w: dict[DeviceId, float] = {}
    for wish in sorted(wanted, key=lambda w: (not w.first, -(view.worth(w.car) or 0.0))):
        device = wish.car.device
        own_w[device] = min(given[device], left_w)
        left_w -= own_w[device]
    found = {}
    for device, power_w in own_w.items():
        beside = [each for other, each in own_w.items() if other != device and each > 0]
        found[device] = SunShare(own_w=power_w, others_w=sum(beside), others=len(beside))
    return found
