"""The bridge to the cloud, out of the installer's file."""

from hashlib import sha256
from typing import Any

from agent.assembly.brokers import address
from agent.clock import FastClock, SystemClock
from agent.config import Settings
from agent.control import Control
from agent.house import House
from agent.model.events import Herald, Resource
from agent.model.readings import DeviceId
from agent.store import Persisted, Store


def build_herald(settings: Settings, persisted: Persisted) -> Herald | None:
    """Who tells the cloud; None where there is none, which costs nothing."""
    if settings.cloud is None:
        return None
    from agent.bridges.documents import HouseHerald

    return HouseHerald(sender_of(settings), persisted.resources)


def sender_of(settings: Settings) -> Any:
    """Who speaks to the cloud, and what the installer lets it know."""
    from agent.bridges.documents import SCOPES, Sender

    cloud = settings.cloud
    if cloud is None:
        raise ValueError("the config file has no cloud section")
    scopes = SCOPES
    if not cloud.share_location:
        scopes = frozenset(scope for scope in SCOPES if not scope.endswith(":read:location"))
    return Sender(
        agent_id=cloud.agent_id,
        user_id=cloud.user_id or cloud.agent_id,
        scopes=scopes,
        house=settings.house.id,
    )


def build_cloud(
    settings: Settings,
    clock: SystemClock | FastClock,
    house: House,
    control: Control,
    store: Store,
    told: tuple[Resource, ...],
) -> Any:
    """The bridge to the cloud."""
    from agent.bridges.cloud import Cloud, CloudOptions
    from agent.control.state import cloud_car
    from drivers.mqtt_link import Server

    cloud = settings.cloud
    if cloud is None:
        raise ValueError("the config file has no cloud section")
    server = Server(**address(cloud), setting="cloud")
    options = CloudOptions(
        client_id=cloud.client_id or f"hearth-cloud-{cloud.agent_id}",
        config_rev=sha256(settings.model_dump_json().encode()).hexdigest()[:12],
        telemetry_every_s=cloud.telemetry_every_s if cloud.telemetry == "full" else None,
        cars={
            car.id: DeviceId(name)
            for name, car in settings.vehicles.items()
            if car.source == "cloud" and car.id is not None
        },
        new_car=cloud_car,
    )
    return Cloud(
        server=server,
        sender=sender_of(settings),
        options=options,
        store=store,
        pictures=control.pictures,
        submit=control.submit,
        meet=control.meet,
        report=house.report,
        clock=clock,
        told=told,
    )
