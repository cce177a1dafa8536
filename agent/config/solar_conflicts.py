"""Contradictions of the forecast of the sun."""

from collections.abc import Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House

_OVERSIZED = 3.0


def forecast_services(house: House) -> Iterator[Fault]:
    """A service that computes needs a position, a topic needs a broker."""
    solar, where = house.settings.solar, ("solar", "service")
    by_position = solar.service in ("open-meteo", "forecast-solar")
    if by_position and house.settings.house.latitude_deg is None:
        wrong = "nobody said where the house is"
        remedy = "add house.latitude_deg and house.longitude_deg, or write service: none"
        yield fault(house.tree, where, solar.service, wrong, remedy)
    if solar.service == "mqtt" and house.settings.mqtt is None:
        wrong = "there is no mqtt section, so no broker"
        remedy = "add mqtt: with host, or choose another service"
        yield fault(house.tree, where, solar.service, wrong, remedy)
    peak_w = sum(plane.peak_w for plane in solar.planes.values())
    if solar.max_power_w is not None and peak_w > _OVERSIZED * solar.max_power_w:
        wrong = f"the planes together have {peak_w:g} W, more than {_OVERSIZED:g} times as much"
        remedy = "correct it, or peak_w of the planes"
        yield fault(house.tree, ("solar", "max_power_w"), solar.max_power_w, wrong, remedy)
