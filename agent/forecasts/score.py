"""How good a forecast was, once it is known what came."""

import math
from datetime import date
from typing import Literal

from agent.forecasts.quarters import QUARTER_S, Quarters, quarter_of
from agent.model.forecasts import Band, Score

_ENOUGH_PERCENT = 50.0


def score(day: date, what: Literal["sun", "load"], issued: Band, came: Quarters) -> Score | None:
    """Compare a day's forecast with what came.

    Args:
        issued: as it was made at the beginning of the day, in quarters of an hour, of that day
            alone.
        came: quarters that are absent are not counted.

    Returns:
        None when less than half of the day is known.
    """
    if issued.step_s != QUARTER_S or not issued.mean_w:
        return None
    first = quarter_of(issued.start)
    rows = [
        (mean_w, low_w, high_w, came[first + n])
        for n, (mean_w, low_w, high_w) in enumerate(
            zip(issued.mean_w, issued.low_w, issued.high_w, strict=True)
        )
        if first + n in came
    ]
    known_percent = 100 * len(rows) / len(issued.mean_w)
    if known_percent < _ENOUGH_PERCENT:
        return None
    error_w = math.fsum(abs(mean_w - real_w) for mean_w, _, _, real_w in rows) / len(rows)
    mean_w = math.fsum(real_w for _, _, _, real_w in rows) / len(rows)
    inside = sum(low_w - 0.5 <= real_w <= high_w + 0.5 for _, low_w, high_w, real_w in rows)
    return Score(
        day=day,
        what=what,
        error_w=error_w,
        bias_w=math.fsum(row[0] - row[3] for row in rows) / len(rows),
        error_percent=100 * error_w / mean_w if mean_w > 0 else None,
        inside_percent=100 * inside / len(rows),
        known_percent=known_percent,
        source=issued.source,
    )
