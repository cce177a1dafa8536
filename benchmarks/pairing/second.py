"""The households of benchmarks/households, for the same judge: another hand, another world.

Weights are tried on one generator and judged on the other. Which plug-ins are identifiable is not
known here.
"""

from random import Random

from benchmarks.households.life import DAY_S, GUEST, live
from benchmarks.households.profiles import house
from benchmarks.households.telling import START, header, told
from benchmarks.pairing.car_lines import Line
from benchmarks.pairing.household import Household, Plug
from benchmarks.pairing.profiles import Profile


def second(profile: Profile, seed: int, days: int) -> Household:
    """The same for the same arguments."""
    dice = Random(f"{profile} {seed}")
    home = house(profile, dice)
    life = live(home, days, dice)
    boxes, end_s = {box.id for box in home.chargers}, days * DAY_S
    return Household(
        seed=seed,
        days=days,
        starts_at=int(START.timestamp()),
        header=header(home),
        lines=[Line(*event) for event in told(home, life, days, dice) if event[0] < end_s],
        plugs=[
            Plug(
                charger=stay.charger,
                car=None if stay.car == GUEST else stay.car,
                from_s=stay.plug_s,
                to_s=min(stay.unplug_s, end_s),
                identifiable=False,
                online=True,
            )
            for stay in sorted(life.stays, key=lambda s: s.plug_s)
            if stay.charger in boxes and stay.plug_s < end_s
        ],
    )
