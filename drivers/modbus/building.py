"""From the installer's settings to drivers, one per line."""

from collections.abc import Iterable, Mapping

from agent.model.clock import Clock
from agent.model.driver import Notebook
from drivers.modbus.config import ModbusConfig
from drivers.modbus.driver import ModbusDriver
from drivers.modbus.limiting import Limiting
from drivers.modbus.link import Bus, Pacing
from drivers.modbus.member import Member, Setup
from drivers.modbus.model import DeviceModel, Limits
from drivers.modbus.parts import device_infos, part_names, poll_interval_s
from drivers.modbus.poller import Poller, with_units
from drivers.modbus.steering import Steering
from drivers.modbus.wire import Endpoint


def build(
    configs: Mapping[str, ModbusConfig],
    models: Mapping[str, DeviceModel],
    clock: Clock,
    notebook: Notebook,
) -> list[ModbusDriver]:
    """One driver per endpoint; devices at the same address share its only connection.

    Raises:
        ValueError: a model is unknown, or devices on one line disagree about the line.
    """
    shared: dict[tuple[str, int], list[str]] = {}
    endpoints: dict[str, Endpoint] = {}
    for name, config in configs.items():
        endpoint = endpoints[name] = endpoint_of(name, config, models)
        names = shared.setdefault((endpoint.where.lower(), endpoint.port), [])
        if names and endpoint != endpoints[names[0]]:
            raise ValueError(
                f"{names[0]} and {name} share {endpoint} but differ in framer, baudrate or "
                "parity; one line has one setting"
            )
        names.append(name)
    return [
        _driver(
            endpoints[names[0]], {name: configs[name] for name in names}, models, clock, notebook
        )
        for names in shared.values()
    ]


def endpoint_of(name: str, config: ModbusConfig, models: Mapping[str, DeviceModel]) -> Endpoint:
    """Where the device hangs, with what its model knows filled in.

    Raises:
        ValueError: the model is unknown.
    """
    model = models.get(config.driver)
    if model is None:
        raise ValueError(f"{name}: there is no device model {config.driver}")
    if config.serial:
        return Endpoint(
            config.serial,
            framer="rtu",
            baudrate=config.baudrate or model.baudrate,
            parity=config.parity or model.parity,
        )
    framer = model.framer if config.framer == "auto" else config.framer
    return Endpoint((config.host or "").lower(), config.port or model.default_port, framer=framer)


def _driver(
    endpoint: Endpoint,
    configs: Mapping[str, ModbusConfig],
    models: Mapping[str, DeviceModel],
    clock: Clock,
    notebook: Notebook,
) -> ModbusDriver:
    pacing = _pacing(endpoint, [models[config.driver].limits for config in configs.values()])
    unsure = not endpoint.is_serial and all(c.framer == "auto" for c in configs.values())
    bus = Bus(endpoint, clock=clock, pacing=pacing, either_framer=unsure)
    members = []
    for name, config in configs.items():
        model = with_units(models[config.driver], config.units)
        setup = Setup(
            name=config.name or name,
            parts=part_names(name, config, model),
            infos=device_infos(name, config, model),
            poll_s=poll_interval_s(config, model),
            reverse_sign=config.reverse_sign,
        )
        poller = Poller(
            name=name,
            model=model,
            unit=unit_of(config, model),
            timeout_s=config.timeout_s or model.limits.timeout_s,
            bus=bus,
            clock=clock,
            notebook=notebook,
        )
        member = Member(setup, poller, clock)
        member.steering = _steering(setup, config, member, clock, notebook)
        member.limiting = _limiting(setup, config, member, clock, notebook)
        members.append(member)
    return ModbusDriver(bus, members)


def _steering(
    setup: Setup, config: ModbusConfig, member: Member, clock: Clock, notebook: Notebook
) -> Steering | None:
    battery = next((info for info in setup.infos if info.battery_modes), None)
    if battery is None:
        return None
    return Steering(
        device=battery.id,
        name=battery.name,
        poller=member.poller,
        clock=clock,
        notebook=notebook,
        values=member.values,
        max_power_w=config.max_power_w,
    )


def _limiting(
    setup: Setup, config: ModbusConfig, member: Member, clock: Clock, notebook: Notebook
) -> Limiting | None:
    inverter = next((info for info in setup.infos if info.limitable), None)
    rules = member.poller.model.production_limit
    if inverter is None or rules is None:
        return None
    return Limiting(
        device=inverter.id,
        name=inverter.name,
        rules=rules,
        poller=member.poller,
        clock=clock,
        notebook=notebook,
        values=member.values,
        max_power_w=config.max_power_w,
    )


def unit_of(config: ModbusConfig, model: DeviceModel) -> int:
    """The unit id that answers for the device itself."""
    known = model.unit_ids.get("default") if config.unit is None else config.unit
    return 1 if known is None else known


def _pacing(endpoint: Endpoint, limits: Iterable[Limits]) -> Pacing:
    """The slowest device on a line sets its pace."""
    known = list(limits)
    return Pacing(
        min_pause_s=max(one.min_pause_s for one in known),
        write_pause_s=max(max(one.write_pause_s, one.min_pause_s) for one in known),
        connect_pause_s=max(one.connect_pause_s for one in known),
        single_client=endpoint.framer == "rtu" or any(one.connections == 1 for one in known),
    )
