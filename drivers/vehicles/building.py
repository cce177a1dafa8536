"""From the installer's settings to drivers, one per broker."""

from collections.abc import Mapping

from agent.model.clock import Clock
from agent.model.driver import DeviceInfo, Driver, Notebook
from agent.model.readings import DeviceId, DeviceKind
from drivers.mqtt_link import Server
from drivers.vehicles.car import Car
from drivers.vehicles.carconnectivity import CarConnectivity
from drivers.vehicles.cloud import CloudCars
from drivers.vehicles.config import VehicleConfig
from drivers.vehicles.evcc import Evcc
from drivers.vehicles.generic import Generic
from drivers.vehicles.link import CarLink, Member
from drivers.vehicles.orders import orders_of
from drivers.vehicles.ovms import Ovms
from drivers.vehicles.statestream import Statestream
from drivers.vehicles.teslamate import TeslaMate
from drivers.vehicles.words import Layout

_TELL_POSITION = ("teslamate", "ovms", "carconnectivity")


def build(
    vehicles: Mapping[str, VehicleConfig],
    house: Server | None,
    client_id: str,
    clock: Clock,
    notebook: Notebook,
) -> list[Driver]:
    """One link per broker, and one for the cars of the cloud.

    Args:
        vehicles: by device id.
        house: the broker of the mqtt section.
        client_id: names our connections; must not be used elsewhere.

    Raises:
        ValueError: a car has no broker; the config's own checks say so before.
    """
    brokers: dict[tuple[object, ...], tuple[Server, list[Member]]] = {}
    for name, config in vehicles.items():
        if config.source == "cloud":
            continue
        server = _server(name, config, house)
        key = (server.host, server.port, server.username, server.password, server.tls)
        _, members = brokers.setdefault(key, (server, []))
        device = DeviceId(name)
        members.append(
            Member(
                car=Car(device, layout_of(config)),
                info=device_info(name, config),
                orders=orders_of(device, config, config.base),
            )
        )
    links: list[Driver] = [
        CarLink(server, f"{client_id}-{number}", members, clock, notebook)
        for number, (server, members) in enumerate(brokers.values(), start=1)
    ]
    cloud = [device_info(n, c) for n, c in vehicles.items() if c.source == "cloud"]
    return [*links, CloudCars(cloud)] if cloud else links


def device_info(name: str, config: VehicleConfig) -> DeviceInfo:
    """The car as the rest of Hearth sees it."""
    device = DeviceId(name)
    return DeviceInfo(
        id=device,
        kind=DeviceKind.VEHICLE,
        name=config.name or name,
        driver=config.source,
        phases=config.phases or 3,
        max_power_w=config.max_power_w,
        capacity_wh=None if config.capacity_kwh is None else config.capacity_kwh * 1000,
        startable=config.startable,
        refreshable=orders_of(device, config, config.base).refresh is not None,
        locatable=_locatable(config),
    )


def _locatable(config: VehicleConfig) -> bool | None:
    if config.source == "cloud":
        return None
    return config.source in _TELL_POSITION or "latitude_deg" in config.fields


def layout_of(config: VehicleConfig) -> Layout:
    """How the source of a car writes.

    Raises:
        ValueError: the source has no topics.
    """
    base, car = config.base, config.at_source
    match config.source:
        case "teslamate":
            return TeslaMate(base, car)
        case "ovms":
            return Ovms(base)
        case "carconnectivity":
            return CarConnectivity(base, car, config.distance_unit)
        case "evcc":
            return Evcc(base, car)
        case "statestream":
            return Statestream(base, config.fields, config.distance_unit)
        case "mqtt":
            return Generic(config.fields, config.alive_within_s, config.distance_unit)
        case _:
            raise ValueError(f"source {config.source} has no topics")


def _server(name: str, config: VehicleConfig, house: Server | None) -> Server:
    own = config.broker
    if own is None:
        if house is None:
            raise ValueError(f"vehicles.{name} has no broker, and there is no mqtt section")
        return house
    return Server(
        host=own.host,
        port=own.port,
        username=own.username,
        password=own.password.get_secret_value() if own.password else None,
        tls=own.tls,
        setting=f"vehicles.{name}.broker",
    )
