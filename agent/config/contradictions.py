"""Settings that are right one by one and cannot be true together. None of them is repaired."""

from collections.abc import Callable, Iterator

from agent.config import (
    circuit_conflicts,
    conflicts,
    device_conflicts,
    grid_conflicts,
    schedule_conflicts,
    smart_conflicts,
    solar_conflicts,
    tariff_conflicts,
    vehicle_conflicts,
)
from agent.config.faults import Fault
from agent.config.survey import House

RULES: tuple[Callable[[House], Iterator[Fault]], ...] = (
    conflicts.numbers,
    conflicts.files,
    conflicts.folders,
    conflicts.fuse,
    conflicts.chargers,
    conflicts.solar,
    circuit_conflicts.feeding,
    circuit_conflicts.circuit_chargers,
    circuit_conflicts.circuit_meters,
    circuit_conflicts.circuit_fuses,
    circuit_conflicts.phase_orders,
    grid_conflicts.grid_inputs,
    solar_conflicts.forecast_services,
    device_conflicts.names,
    device_conflicts.grid_meter,
    device_conflicts.drivers,
    device_conflicts.endpoints,
    vehicle_conflicts.names,
    vehicle_conflicts.brokers,
    vehicle_conflicts.twins,
    vehicle_conflicts.tokens,
    vehicle_conflicts.units,
    vehicle_conflicts.positions,
    smart_conflicts.schedules,
    smart_conflicts.prices,
    schedule_conflicts.targets,
    schedule_conflicts.schedule_locations,
    schedule_conflicts.location_chargers,
    schedule_conflicts.locations,
    tariff_conflicts.tariff_hours,
    tariff_conflicts.tariff_amounts,
    tariff_conflicts.tariff_broker,
)


def contradictions(house: House) -> Iterator[Fault]:
    """Every contradiction, and every fault of the device models, in no particular order."""
    yield from house.faults
    for rule in RULES:
        yield from rule(house)
