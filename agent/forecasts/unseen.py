"""What the sun will give a plant that has not been measured by day yet.

Without it the first night would be planned as if the sun never rose, and a battery be filled from
the grid for a day on which the roof fills it.
"""

import math
from datetime import datetime

from agent.forecasts.plausible import Plant
from agent.forecasts.quarters import QUARTER_S, quarter_of, start_of
from agent.forecasts.solar import RATED_AT_W_PER_M2, USUAL_CLEARNESS, ClearSky
from agent.model.forecasts import Band

SOURCE = "the size of the plant under half of a clear sky, until it has been measured by day"

_LEAST, _MOST = 0.1, 1.0
"""Of what a clear sky would give."""


def unseen_sun(plant: Plant, now: datetime, horizon_s: float) -> Band | None:
    """Quarters of an hour from that in which `now` lies.

    Returns:
        None where nobody said how big the plant is, or where it stands, and where nothing of it
        is measured: then the house's load is what the sun has left of it.
    """
    if plant.rated_w is None or plant.place is None or not plant.produced:
        return None
    sky, here = ClearSky(plant.place), quarter_of(now)
    count = math.ceil(horizon_s / QUARTER_S)
    clear_w = [
        plant.rated_w * min(sky(quarter) / RATED_AT_W_PER_M2, 1.0)
        for quarter in range(here, here + count)
    ]
    least_w, usual_w, most_w = (
        tuple(share * power_w for power_w in clear_w) for share in (_LEAST, USUAL_CLEARNESS, _MOST)
    )
    return Band(
        start=start_of(here),
        step_s=float(QUARTER_S),
        mean_w=usual_w,
        low_w=least_w,
        high_w=most_w,
        source=SOURCE,
    )
