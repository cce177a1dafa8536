"""How much a roof yields and a household uses, invented from a seed."""

import math
from dataclasses import dataclass

from simulators.noise import noise, smooth_noise

_DAY_S = 86400.0


def sun_height(at_s: float, latitude_deg: float, longitude_deg: float) -> float:
    """Sine of the sun's elevation, below 0 at night.

    Source: Cooper's declination and the hour angle from mean solar time; good to a few minutes.
    """
    day_of_year = (at_s / _DAY_S % 365.2425) + 1
    declination = math.radians(23.45) * math.sin(2 * math.pi * (284 + day_of_year) / 365.2425)
    hour_angle = math.radians((at_s % _DAY_S) / 240.0 + longitude_deg - 180.0)
    latitude = math.radians(latitude_deg)
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(
        declination
    ) * math.cos(hour_angle)


@dataclass(frozen=True, slots=True)
class Weather:
    """A roof and a household drawn from a seed; both are functions of the time alone.

    Args:
        peak_w: the most the roof yields under a clear sky.
        base_load_w: what never sleeps: fridge, router, standby.
    """

    seed: int = 1
    peak_w: float = 8000.0
    base_load_w: float = 250.0
    latitude_deg: float = 51.0
    longitude_deg: float = 5.0
    gap_steps: int = 0

    def pv_w(self, at_s: float) -> float:
        height = sun_height(at_s, self.latitude_deg, self.longitude_deg)
        if height <= 0:
            return 0.0
        return self.peak_w * math.pow(height, 1.2) * self._sky(at_s)

    def _sky(self, at_s: float) -> float:
        """Share of the light that clouds let through; each day has its own character."""
        dullness = noise(self.seed, "day", int(at_s // _DAY_S))
        cloud = smooth_noise(self.seed, "cloud", at_s, 300.0)
        return 1.0 - 0.85 * dullness * cloud

    def load_w(self, at_s: float) -> float:
        """Standby, fridge, people by the hour, and now and then something big."""
        hour = (at_s % _DAY_S) / 3600.0 + 1.0
        people = math.exp(-(((hour - 7.5) / 1.2) ** 2)) + 1.6 * math.exp(
            -(((hour - 19) / 2.2) ** 2)
        )
        fridge_w = 90.0 if at_s % 2700.0 < 900.0 else 0.0
        busy_w = 700.0 * people * smooth_noise(self.seed, "busy", at_s, 600.0)
        return self.base_load_w + fridge_w + busy_w + self._kettle_w(at_s, people)

    def _kettle_w(self, at_s: float, people: float) -> float:
        slot = int(at_s // 300.0)
        if noise(self.seed, "kettle", slot) > 0.03 + 0.15 * people:
            return 0.0
        return 800.0 + 1700.0 * noise(self.seed, "kettle size", slot)

    def holds_until_s(self, at_s: float) -> float:
        """The next instant at which something jumps; physics steps end there."""
        return (math.floor(at_s / 300.0) + 1) * 300.0
