"""What a roof of which nobody knows anything may give: only a calendar and a clock."""

from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from math import exp
from zoneinfo import ZoneInfo

from agent.forecasts.quarters import QUARTER_S
from agent.forecasts.solar import RATED_AT_W_PER_M2, USUAL_CLEARNESS, ClearSky, Place

USUAL_ROOF_W = 4000.0

SEEN_W, SEEN_RANGE, SEEN_FADES_S = 400.0, (0.1, 3.0), 21_600.0
"""From which power on a usual roof tells how big this one and how clear the sky is; how far that is
believed, and for how long."""

_DEG_PER_H = 15.0
_MIDDLE_LATITUDE_DEG = 50.0


class Daylight:
    """Power of a usual roof under a usual sky, by the timezone that a house is in."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._sky = ClearSky(place_of(zone))
        self._known = dict[tuple[int, int], float]()

    def usual_w(self, start_s: int, end_s: int) -> float:
        """Mean from one instant to another, UNIX seconds."""
        key = start_s // QUARTER_S, max(start_s, end_s - 1) // QUARTER_S
        if key not in self._known:
            first, last = key
            whole = sum(self._sky(quarter) for quarter in range(first, last + 1))
            clear_share = whole / (last - first + 1) / RATED_AT_W_PER_M2
            self._known[key] = clear_share * USUAL_ROOF_W * USUAL_CLEARNESS
        return self._known[key]

    def expected_w(self, now_s: int, now_w: float, start_s: int, end_s: int) -> float:
        """Mean of a stretch ahead, if the roof gives `now_w` now; UNIX seconds."""
        usual_w, here_w = self.usual_w(start_s, end_s), self.usual_w(now_s, now_s + 1)
        if here_w < SEEN_W:
            return usual_w
        low, high = SEEN_RANGE
        seen = min(high, max(low, now_w / here_w))
        return usual_w * (1 + (seen - 1) * exp((now_s - start_s) / SEEN_FADES_S))


@lru_cache
def place_of(zone: ZoneInfo) -> Place:
    """Where the principal city of a timezone lies (zone.tab of the IANA database); a zone that
    is no place lies in the middle latitudes, where its clock says noon."""
    table = files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        _, where, name, *_ = line.split("\t")
        if name == zone.key:
            cut = max(where.rfind("+"), where.rfind("-"))
            return Place(
                latitude_deg=_degrees(where[:cut], 2), longitude_deg=_degrees(where[cut:], 3)
            )
    offset = datetime(2025, 1, 1, tzinfo=UTC).astimezone(zone).utcoffset()
    east_h = offset.total_seconds() / 3600 if offset else 0.0
    return Place(latitude_deg=_MIDDLE_LATITUDE_DEG, longitude_deg=_DEG_PER_H * east_h)


def _degrees(text: str, digits: int) -> float:
    """Of ISO 6709: sign, degrees, minutes, perhaps seconds."""
    sign, figures = -1 if text[0] == "-" else 1, text[1:]
    minutes, seconds = figures[digits : digits + 2], figures[digits + 2 :] or "0"
    return sign * (int(figures[:digits]) + int(minutes) / 60 + int(seconds) / 3600)
