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
        key = (car.source, car.topic, car.id, car.broker)
        if key in first:
            wrong = f"it is the same car as {first[key]}: same source, topic and id"
            remedy = "delete one of the two, or give each its own id or topic"
            yield fault(house.tree, where, None, wrong, remedy)
        first.setdefault(key, name)
