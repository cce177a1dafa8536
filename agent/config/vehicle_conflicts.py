"""Contradictions of the cars with the rest of the house."""

from collections.abc import Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House


def names(house: House) -> Iterator[Fault]:
    others = dict.fromkeys(house.settings.chargers, "charger")
    others |= dict.fromkeys((*house.settings.devices, *house.devices), "device")
    for name in house.settings.vehicles:
        if name in others:
            wrong = f"a {others[name]} has this name too"
            yield fault(house.tree, ("vehicles", name), None, wrong, "rename one of the two")


def brokers(house: House) -> Iterator[Fault]:
    for name, car in house.settings.vehicles.items():
        if car.source != "cloud" and car.broker is None and house.settings.mqtt is None:
            wrong = "it has no MQTT broker"
            remedy = f"add an mqtt section, or vehicles.{name}.broker for this car alone"
            yield fault(house.tree, ("vehicles", name), None, wrong, remedy)


def twins(house: House) -> Iterator[Fault]:
    first: dict[tuple[object, ...], str] = {}
    for name, car in house.settings.vehicles.items():
        where = ("vehicles", name)
        if car.source in ("mqtt", "statestream") or not house.sure(where, "id", "topic", "source"):
            continue
        key = (car.source, car.base, car.at_source, car.broker)
        if key in first:
            wrong = f"it is the same car as {first[key]}: same source, topic and id"
            remedy = "delete one of the two, or give each its own id or topic"
            yield fault(house.tree, where, None, wrong, remedy)
        first.setdefault(key, name)


def tokens(house: House) -> Iterator[Fault]:
    if not any(car.id_tokens for car in house.settings.vehicles.values()):
        return
    from agent.pairing.evidence import token_key

    first: dict[str, str] = {}
    for name, car in house.settings.vehicles.items():
        for token in car.id_tokens:
            owner = first.setdefault(token_key(token), name)
            if owner != name:
                where = ("vehicles", name, "id_tokens")
                wrong = f"{token} is bound to {owner} already"
                yield fault(house.tree, where, None, wrong, "delete it at one of the two cars")


def units(house: House) -> Iterator[Fault]:
    """A value in a unit of something else would stay unknown for ever."""
    if not any(car.fields for car in house.settings.vehicles.values()):
        return
    from drivers.vehicles.words import QUANTITIES, factor_of

    for name, car in house.settings.vehicles.items():
        for field, config in car.fields.items():
            if config.unit is None:
                continue
            where = ("vehicles", name, "fields", field, "unit")
            if field not in QUANTITIES:
                yield fault(house.tree, where, config.unit, "it has no unit", "delete the line")
            elif factor_of(field, config.unit) is None:
                remedy = f"write a unit like {QUANTITIES[field].unit}, or delete the line"
                wrong = f"not a unit of {field}"
                yield fault(house.tree, where, config.unit, wrong, remedy)


def positions(house: House) -> Iterator[Fault]:
    """Half a position is none."""
    for name, car in house.settings.vehicles.items():
        told = {field for field in ("latitude_deg", "longitude_deg") if field in car.fields}
        if len(told) == 1:
            where = ("vehicles", name, "fields", *told)
            wrong = "latitude_deg and longitude_deg belong together"
            yield fault(house.tree, where, None, wrong, "give both or neither")
