"""Contradictions of the grid operator's inputs."""

from collections.abc import Iterator

from agent.config.explain import fault
from agent.config.faults import Fault
from agent.config.survey import House


def grid_inputs(house: House) -> Iterator[Fault]:
    """A topic needs a broker; an input module is a device of its own."""
    addresses = {
        (device.host, device.port or 502): name
        for name, device in house.settings.devices.items()
        if device.host is not None
    }
    for name, each in house.settings.grid_operator.inputs.items():
        where = ("grid_operator", "inputs", name)
        if each.source == "mqtt" and house.settings.mqtt is None:
            wrong = "there is no mqtt section, so no broker"
            remedy = "add mqtt: with host, or choose another source"
            yield fault(house.tree, (*where, "source"), each.source, wrong, remedy)
        taken = addresses.get((each.host or "", each.port))
        if each.source == "modbus" and taken is not None:
            wrong = f"{taken} under devices has this address, and many devices serve one client"
            remedy = "give the contact an input module of its own"
            yield fault(house.tree, (*where, "host"), each.host, wrong, remedy)
