"""What Hearth talks to besides devices, out of the installer's file; jobs by name."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from pathlib import Path

from agent.assembly.brokers import broker_of
from agent.assembly.cloud import build_cloud
from agent.assembly.figures import process_figures
from agent.assembly.forecasts import build_forecasts
from agent.bridges.local import Failed, LocalDoor
from agent.bridges.streams.recording import Recorder
from agent.clock import FastClock, SystemClock
from agent.config import Settings
from agent.control import Control
from agent.house import House
from agent.model.clock import Clock
from agent.model.events import Resource
from agent.model.limits import GRID_INPUT
from agent.model.readings import DeviceId, DeviceKind
from agent.store import Store, StoreError
from drivers.mqtt_link import Server

Job = Callable[[], Awaitable[None]]


def build_bridges(
    settings: Settings,
    clock: SystemClock | FastClock,
    house: House,
    control: Control,
    store: Store,
    told: tuple[Resource, ...],
    door_tried: asyncio.Event,
) -> dict[str, Job]:
    """Jobs by name: first the local socket, then Home Assistant where there is a broker, a cloud
    if any.

    Args:
        told: what the cloud was told last.
        door_tried: set once the local socket has been made, or could not be.
    """
    door = _door(settings, clock, house, control, store, door_tried)
    bridges: dict[str, Job] = {door.name: door.run}
    broker = broker_of(settings) if settings.mqtt is not None else None
    if broker is not None:
        from agent.bridges.home_assistant import HomeAssistant

        asked = control.pictures, control.submit, store.notebook, clock
        bridge = HomeAssistant(broker, settings.house.id, *asked)
        bridges[bridge.name] = bridge.run
    if settings.cloud is not None:
        cloud = build_cloud(settings, clock, house, control, store, told)
        bridges[cloud.name] = cloud.run
    bridges |= build_forecasts(
        settings,
        inverters=_inverters(control),
        store=store,
        notebook=store.notebook,
        clock=clock,
        forecasts=control.forecasts,
        broker=broker,
    )
    if settings.tariff is not None or settings.cloud is not None:  # else nobody can tell any
        from agent.assembly.prices import build_prices

        bridges |= build_prices(settings, control, store, clock, house.news.set)
    bridges |= _grid_inputs(settings, broker, control, clock)
    return bridges


def _door(
    settings: Settings,
    clock: SystemClock | FastClock,
    house: House,
    control: Control,
    store: Store,
    tried: asyncio.Event,
) -> LocalDoor:
    outbox = store.outbox if settings.cloud is not None else None
    return LocalDoor(
        settings.socket_path,
        control.pictures,
        partial(process_figures, control, outbox, time.monotonic()),
        partial(_backup, store),
        control.submit,
        Recorder(house.taps, control.pictures, clock),
        tried,
    )


def _inverters(control: Control) -> tuple[DeviceId, ...]:
    devices = control.state.settings.devices
    return tuple(info.id for info in devices if info.kind is DeviceKind.INVERTER)


def _grid_inputs(
    settings: Settings, broker: Server | None, control: Control, clock: Clock
) -> Mapping[str, Job]:
    if not settings.grid_operator.inputs:
        return {}
    from agent.assembly.grid import build_inputs

    inputs = build_inputs(settings, broker, control.submit, clock)
    return {f"{GRID_INPUT}{each.name}": each.run for each in inputs}


async def _backup(store: Store, to: Path) -> None:
    try:
        await store.backup(to)
    except StoreError as error:
        raise Failed(str(error)) from None
