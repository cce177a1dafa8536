"""Inputs of the grid operator out of the installer's file."""

from collections.abc import Iterator

from agent.config import Settings
from agent.config.grid import GridInputConfig
from agent.model.clock import Clock
from agent.model.limits import Scope
from agent.services.grid.input import GridInput, Source, Submit
from agent.services.grid.meaning import Kind, Meaning, Rule, least_w
from agent.services.grid.sources import Contact, Pin, Topic
from drivers.mqtt_link import Server


def build_inputs(
    settings: Settings, broker: Server | None, submit: Submit, clock: Clock
) -> Iterator[GridInput]:
    """One link for each input.

    Args:
        broker: the one under mqtt; None where there is none.
    """
    section = settings.grid_operator
    batteries = sum(1 for device in settings.devices.values() if device.control)
    steerable = len(settings.chargers) + batteries
    least = least_w(steerable, Rule(section.rule), section.limit_each_w)
    for name, config in section.inputs.items():
        yield GridInput(
            name,
            _source(name, config, settings, broker, clock),
            meaning_of(config, least),
            submit,
            clock,
            lost_after_s=config.lost_after_s,
            on_change=config.source == "mqtt",
            when_lost=config.when_lost,
        )


def meaning_of(config: GridInputConfig, least: tuple[Scope, float]) -> Meaning:
    """What one input's words mean.

    Args:
        least: what the law leaves, for a switch.
    """
    scope, limit_w = least
    if config.counts == "meter":
        scope = Scope.METER
    elif config.limit_w is not None or config.value == "power_w":
        scope = Scope.DEVICES
    return Meaning(
        kind=Kind(config.value),
        inverted=config.inverted,
        scope=scope,
        limit_w=limit_w if config.limit_w is None else config.limit_w,
        factor=config.factor,
    )


def _source(
    name: str, config: GridInputConfig, settings: Settings, broker: Server | None, clock: Clock
) -> Source:
    if config.source == "mqtt":
        if broker is None:
            raise ValueError(f"grid_operator.inputs.{name} needs an mqtt section")
        client_id = f"{settings.mqtt_client_id}-grid-{name}"
        return Topic(server=broker, client_id=client_id, topic=config.topic or "")
    if config.source == "file":
        if config.path is None:
            raise ValueError(f"grid_operator.inputs.{name} names no file")
        return Pin(path=config.path, clock=clock, poll_s=config.poll_s)
    from drivers.modbus.link import Bus
    from drivers.modbus.registers import Register, Table
    from drivers.modbus.wire import Endpoint

    bits = config.table in ("coil", "discrete")
    register = Register(
        role="grid_operator",
        name=name,
        table=Table(config.table),
        address=config.address,
        type="bit" if bits else config.type,
    )
    bus = Bus(Endpoint(config.host or "", config.port), clock=clock)
    return Contact(bus=bus, clock=clock, unit=config.unit, register=register, poll_s=config.poll_s)
