"""Contradictions of the devices and of their names."""

import difflib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House
from agent.config.tree import Where
from agent.model.readings import DeviceKind
from drivers.modbus.config import ModbusConfig

if TYPE_CHECKING:
    from drivers.modbus.model import DeviceModel
    from drivers.modbus.wire import Endpoint


def names(house: House) -> Iterator[Fault]:
    owners: dict[str, str] = {name: f"charger {name}" for name in house.settings.chargers}
    for name in house.settings.devices:
        if name in house.settings.chargers:
            wrong = "a charger has this name too"
            yield fault(house.tree, ("devices", name), None, wrong, "rename one of the two")
        owners.setdefault(name, f"device {name}")
        for part in [info.id for info in house.parts.get(name, ())]:
            taken = part in house.settings.devices or part in house.settings.chargers
            if part != name and taken:
                kind = part.removeprefix(f"{name}_")
                wrong = f"its {kind} is called {part}, and so is the {owners.get(part, 'device')}"
                remedy = f"rename one of the two, or leave {kind} out of parts"
                yield fault(house.tree, ("devices", name), None, wrong, remedy)


def grid_meter(house: House) -> Iterator[Fault]:
    chosen, where = house.settings.house.grid_meter, ("house", "grid_meter")
    if chosen is None:
        if not house.uncertain and len(house.meters) > 1:
            some = ", ".join(house.meters)
            wrong = f"grid_meter is missing, and there are several meters: {some}"
            remedy = f"add grid_meter: {house.meters[0]}, or another of them"
            yield fault(house.tree, ("house",), None, wrong, remedy)
    elif chosen in house.devices:
        kind = house.devices[chosen]
        if kind is not DeviceKind.METER:
            article = "an" if kind is DeviceKind.INVERTER else "a"
            wrong = f"that is no meter but {article} {kind}"
            yield fault(house.tree, where, chosen, wrong, _one_of(chosen, house.meters))
    elif chosen in house.settings.chargers:
        remedy = _one_of(chosen, house.meters)
        yield fault(house.tree, where, chosen, "that is no meter but a charger", remedy)
    elif chosen not in house.uncertain:
        remedy = _one_of(chosen, house.meters + house.uncertain)
        yield fault(house.tree, where, chosen, "there is no such device", remedy)


def _one_of(chosen: str, meters: list[str]) -> str:
    near = difflib.get_close_matches(chosen, meters, n=1)
    if near:
        return f"did you mean {near[0]}?"
    if meters:
        return f"write one of {', '.join(meters)}"
    return "add the meter under devices, or delete the line"


def drivers(house: House) -> Iterator[Fault]:
    for name, config in house.settings.devices.items():
        where = ("devices", name)
        if config.driver not in house.files:
            known = sorted(house.files)
            near = difflib.get_close_matches(config.driver.lower(), known, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
            wrong = "there is no such device model"
            yield fault(house.tree, (*where, "driver"), config.driver, wrong, remedy)
        elif config.driver in house.models:
            yield from _parts(house, where, config, house.models[config.driver])
            yield from _units(house, where, config, house.models[config.driver])


def _parts(
    house: House, where: Where, config: ModbusConfig, model: "DeviceModel"
) -> Iterator[Fault]:
    absent = [part for part in config.parts or () if DeviceKind(part) not in model.parts]
    if absent:
        wrong = f"{config.driver} has no {absent[0]}"
        remedy = f"choose from {', '.join(sorted(model.parts))}"
        yield fault(house.tree, (*where, "parts"), ", ".join(config.parts or ()), wrong, remedy)
    kinds = [info.kind for info in house.parts[str(where[-1])]]
    roof = model.production_limit is not None and DeviceKind.INVERTER in kinds
    asked = "control" in config.model_fields_set and config.control
    if asked and not roof and DeviceKind.BATTERY not in kinds:
        wrong = f"{config.driver} has no battery here, and nothing else can be controlled"
        yield fault(house.tree, (*where, "control"), "true", wrong, "delete the line")
    capacity_kwh = config.capacity_kwh
    if capacity_kwh is not None and DeviceKind.BATTERY not in kinds:
        wrong = f"{config.driver} has no battery here"
        yield fault(house.tree, (*where, "capacity_kwh"), capacity_kwh, wrong, "delete the line")


def _units(
    house: House, where: Where, config: ModbusConfig, model: "DeviceModel"
) -> Iterator[Fault]:
    known = sorted(model.unit_ids.keys() - {"default"})
    for unit in config.units:
        if unit not in known:
            wrong = f"{config.driver} has no part of this name with a unit of its own"
            remedy = f"there are {', '.join(known)}" if known else "delete units, or use unit"
            yield fault(house.tree, (*where, "units", unit), None, wrong, remedy)


def endpoints(house: House) -> Iterator[Fault]:
    """One line has one setting, and one device one entry."""
    if not house.parts:
        return
    from drivers.modbus.building import endpoint_of

    first: dict[tuple[str, int], tuple[str, Endpoint]] = {}
    same: dict[tuple[object, ...], str] = {}
    for name in house.parts:
        where, config = ("devices", name), house.settings.devices[name]
        if not house.sure(where, "host", "port", "serial", "unit", "units", "parts"):
            continue
        ours = endpoint_of(name, config, house.models)
        other, theirs = first.setdefault((ours.where, ours.port), (name, ours))
        for key in ("framer", "baudrate", "parity"):
            if getattr(ours, key) != getattr(theirs, key):
                wrong = f"{other} on the same line has {getattr(theirs, key)}"
                value = getattr(ours, key)
                yield fault(house.tree, (*where, key), value, wrong, "write the same for both")
        twin = (ours, config.driver, config.unit, tuple(config.units.items()), config.parts)
        if twin in same:
            wrong = f"it is the same device as {same[twin]}: same driver, address and unit"
            remedy = "delete one of the two, or give each its own unit"
            yield fault(house.tree, where, None, wrong, remedy)
        same.setdefault(twin, name)
