"""How cars reach a house: five sorts of gateway and cloud, each drawn from ranges.

The sorts and their intervals follow what public sources document: TeslaMate polls each 15 to 60 s
and lets the car sleep; OVMS pushes what changed; makers' clouds are asked each 3 to 30 minutes and
may write the time of the question on older data; BMW CarData is silent while the car stands.
"""

from random import Random

from benchmarks.pairing.things import Gps, Rate, Source


def source(adverse: float, phases: int, dice: Random) -> Source:
    """
    Args:
        adverse: 0 to 1, scales lateness and faults.
    """
    sort = dice.choices(
        (_local, _pushed, _cloud, _cached, _driving),
        (0.12 - 0.08 * adverse, 0.14, 0.5, 0.14 + 0.1 * adverse, 0.02 + 0.06 * adverse),
    )[0]
    made = sort(adverse, dice)
    made.late = dice.uniform(0, 0.25) * adverse
    made.missing = dice.uniform(0, 0.06) * adverse
    made.ghost = dice.uniform(0, 0.06) * adverse
    made.ghosts_per_day = dice.choice((0, 0, 0.05, 0.2)) * adverse
    made.has_plug = dice.random() > 0.04 + 0.08 * adverse
    made.has_charging = dice.random() > 0.03 + 0.05 * adverse or not made.has_plug
    made.has_soc = dice.random() > 0.02 + 0.04 * adverse
    made.has_limit = dice.random() < 0.5
    made.states = dice.random() < 0.4
    made.soc_step = dice.choice((1, 1, 1, 0.5, 0.1, 2, 5) if adverse > 0.4 else (1, 1, 1, 0.5, 0.1))
    rates: tuple[Rate, ...] = ("none", "none", "ac", "dc", "dc")
    if dice.random() < 0.5 * adverse:
        rates = ("none",)
    made.rate = dice.choice((*rates, "one-phase") if phases > 1 else rates)
    made.gps = gps(adverse, dice)
    made.wrong_share = 1.0 if made.gps == "wrong" and dice.random() < 0.3 else 0.0
    if made.gps == "wrong" and not made.wrong_share:
        made.wrong_share = dice.uniform(0.02, 0.25)
    made.null_share = dice.choice((0, 0, 0.01, 0.05)) * adverse
    return made


def gps(adverse: float, dice: Random) -> Gps:
    kinds: tuple[Gps, ...] = ("none", "good", "coarse", "wrong", "stale")
    weights = (0.42 + 0.15 * adverse, 0.4, 0.08, 0.02 + 0.06 * adverse, 0.05 + 0.05 * adverse)
    return dice.choices(kinds, weights)[0]


def _local(adverse: float, dice: Random) -> Source:
    """A gateway that asks the car itself often, and lets it sleep."""
    return Source(
        awake_s=dice.uniform(30, 70),
        charging_s=dice.uniform(30, 90),
        driving_s=dice.uniform(20, 60),
        asleep_s=None,
        awake_for_s=dice.uniform(600, 1500),
        event_share=dice.uniform(0.55, 1 - 0.2 * adverse),
        event_s=dice.uniform(30, 120),
        changes_only=dice.random() < 0.6,
    )


def _pushed(adverse: float, dice: Random) -> Source:
    """The car sends what changed, and something every now and then."""
    return Source(
        awake_s=dice.uniform(300, 800 + 700 * adverse),
        charging_s=dice.uniform(300, 800 + 700 * adverse),
        driving_s=dice.uniform(60, 500 + 700 * adverse),
        asleep_s=dice.choice((None, 3600, 7200)),
        event_share=dice.uniform(0.5, 1 - 0.2 * adverse),
        event_s=dice.choice((20, 120, 300, 600, 1200)),
        changes_only=True,
    )


def _cloud(adverse: float, dice: Random) -> Source:
    """Asked at intervals; the car tells its maker events at once and else rarely."""
    return Source(
        awake_s=dice.uniform(120, 500 + 700 * adverse),
        charging_s=dice.uniform(200, 800 + 600 * adverse),
        driving_s=dice.uniform(120, 500 + 700 * adverse),
        asleep_s=dice.choice((None, 1200, 3600, 14400)),
        event_share=dice.uniform(0.25, 1 - 0.3 * adverse),
        event_s=dice.choice((60, 300, 600, 1200, 1500)),
        poll_s=dice.uniform(180 + 300 * adverse, 500 + 1100 * adverse),
    )


def _cached(adverse: float, dice: Random) -> Source:
    """As `_cloud`, but what it told before comes with the time of the question."""
    made = _cloud(adverse, dice)
    made.restamped = True
    made.stuck_share = dice.uniform(0, 0.25) * adverse
    made.stuck_s = dice.uniform(300, 1200)
    return made


def _driving(adverse: float, dice: Random) -> Source:
    """Silent while it stands."""
    return Source(
        awake_s=dice.uniform(60, 300),
        charging_s=None if dice.random() < 0.3 + 0.4 * adverse else dice.uniform(600, 1500),
        driving_s=dice.uniform(60, 300),
        awake_for_s=dice.uniform(10, 120),
        event_share=dice.uniform(0.1, 0.5),
        event_s=120,
    )
