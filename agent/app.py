"""Composition root: builds every part once, hands each only what it needs, and ends cleanly."""

import asyncio
import logging
import resource
import signal
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from agent.bridges.local import Failed, LocalDoor
from agent.clock import CLOCK_SET_AFTER, FastClock, SystemClock
from agent.config import Settings
from agent.control import Control
from agent.house import House
from agent.model.driver import DeviceInfo, Driver, Report
from agent.model.readings import DeviceId, DeviceKind
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.store import Persisted, Store, StoreError
from agent.supervise import (
    best_effort,
    keep_running,
    patience_s,
    run_while_heard,
    tell_systemd,
)

log = logging.getLogger(__name__)

SAFE_WITHIN_S = 2.0

Clocks = SystemClock | FastClock


async def run(settings: Settings, clock: Clocks) -> None:
    """Run until SIGTERM or SIGINT, or until a vital job fails.

    Raises:
        StoreError: the database cannot be used; the message names the remedy.
    """
    began_s = time.perf_counter()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = await Store.open(
        settings.store.path,
        clock,
        commit_every_s=settings.store.commit_every_s,
        quota_mb=settings.store.quota_mb,
        keep_raw_days=settings.store.keep_raw_days,
    )
    try:
        persisted = await store.load()
        if isinstance(clock, SystemClock):
            clock.not_before = persisted.last_at or CLOCK_SET_AFTER
        house = House()
        drivers = build_drivers(settings, clock, store)
        control = build_control(settings, clock, house, store, drivers, persisted)
        bridges = build_bridges(settings, clock, control, store)
        await _live(house, store, control, drivers, bridges, stop, began_s)
    finally:
        await store.close()


def build_drivers(settings: Settings, clock: Clocks, store: Store) -> list[Driver]:
    """Every link of the house; what nobody configured is not even imported."""
    drivers: list[Driver] = []
    if settings.devices:
        from drivers import modbus
        from drivers.modbus.maps import load_models

        folders = [settings.maps_folder] if settings.maps_folder else []
        models = load_models(folders, {d.driver for d in settings.devices.values()})
        drivers += modbus.build(settings.devices, models, clock, store.notebook)
    if settings.chargers or "ocpp" in settings.model_fields_set:
        # A house that only has the section waits for its first charger to knock.
        from drivers.ocpp import OcppListener

        drivers.append(
            OcppListener(
                settings.ocpp, settings.chargers, clock, store.transactions, store.notebook
            )
        )
    if settings.vehicles:
        from drivers import vehicles

        house = broker_of(settings) if settings.mqtt is not None else None
        connection = f"{settings.mqtt_client_id}-cars"
        drivers += vehicles.build(settings.vehicles, house, connection, clock, store.notebook)
    return drivers


def build_control(
    settings: Settings,
    clock: Clocks,
    house: House,
    store: Store,
    drivers: Sequence[Driver],
    persisted: Persisted,
) -> Control:
    by_device = {info.id: driver for driver in drivers for info in driver.devices}
    devices = tuple(info for driver in drivers for info in driver.devices)
    modes = {DeviceId(n): ChargerWish(mode=c.mode) for n, c in settings.chargers.items()}
    return Control(
        house=house,
        store=store,
        clock=clock,
        settings=plan_settings(settings, devices),
        wishes=Wishes(chargers=modes),
        drivers=by_device,
        persisted=persisted,
    )


def plan_settings(settings: Settings, devices: tuple[DeviceInfo, ...]) -> PlanSettings:
    """The installer's file as the planners need it."""
    meters = [d.id for d in devices if d.kind is DeviceKind.METER]
    named = settings.house.grid_meter
    only = meters[0] if len(meters) == 1 else None
    chargers = {
        DeviceId(name): ChargerSettings(
            min_a=c.min_current_a,
            max_a=c.max_current_a,
            phases=c.phases,
            start_delay_s=c.start_delay_s,
            stop_delay_s=c.stop_delay_s,
            residual_w=c.residual_w,
            hard_stop=c.stop_mode == "transaction",
        )
        for name, c in settings.chargers.items()
    }
    return PlanSettings(
        fuse_a=settings.house.fuse_a,
        margin_a=settings.house.fuse_margin_a,
        phases=settings.house.phases,
        grid_meter=DeviceId(named) if named else only,
        meter_stale_s=settings.house.meter_stale_s,
        devices=devices,
        chargers=chargers,
    )


def build_bridges(
    settings: Settings, clock: Clocks, control: Control, store: Store
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Jobs by name: the local socket, and Home Assistant where there is a broker."""
    metrics = partial(process_figures, control, time.monotonic())
    door = LocalDoor(settings.socket_path, control.pictures, metrics, partial(_backup, store))
    bridges: dict[str, Callable[[], Awaitable[None]]] = {door.name: door.run}
    if settings.mqtt is not None:
        from agent.bridges.home_assistant import HomeAssistant

        bridge = HomeAssistant(
            broker_of(settings),
            settings.house.id,
            control.pictures,
            control.submit,
            store.notebook,
            clock,
        )
        bridges[bridge.name] = bridge.run
    return bridges


def broker_of(settings: Settings) -> Any:
    """The mqtt section as the bridge wants it."""
    from agent.bridges.mqtt import Broker

    mqtt = settings.mqtt
    if mqtt is None:
        raise ValueError("the config file has no mqtt section")
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        username=mqtt.username,
        password=mqtt.password.get_secret_value() if mqtt.password else None,
        tls=mqtt.tls,
        tls_ca=_text(mqtt.tls_ca),
        tls_certificate=_text(mqtt.tls_certificate),
        tls_key=_text(mqtt.tls_key),
        client_id=settings.mqtt_client_id,
        base_topic=mqtt.base_topic,
        discovery_prefix=mqtt.discovery_prefix,
        status_topic=mqtt.status_topic,
        discovery=mqtt.discovery,
        state_every_s=mqtt.state_every_s,
        expire_after_s=mqtt.expire_after_s,
    )


def _text(path: Path | None) -> str | None:
    return None if path is None else str(path)


async def _backup(store: Store, to: Path) -> None:
    try:
        await store.backup(to)
    except StoreError as error:
        raise Failed(str(error)) from None


async def _live(
    house: House,
    store: Store,
    control: Control,
    drivers: Sequence[Driver],
    bridges: Mapping[str, Callable[[], Awaitable[None]]],
    stop: asyncio.Event,
    began_s: float,
) -> None:
    """All tasks of Hearth. Links and bridges are restarted for ever; the rest is vital."""
    async with asyncio.TaskGroup() as group:

        def start(name: str, job: Awaitable[None]) -> asyncio.Task[None]:
            return group.create_task(_as_task(job), name=name)

        books = start("store", store.run())
        vital = [
            start("control", control.run()),
            start("heartbeat", control.heartbeat()),
            start("facts", control.write()),
            start("samples", control.bookkeeper.sample(house)),
            start("books", control.bookkeeper.keep()),
        ]
        vital += [start(o.name, keep_running(o.name, o.run)) for o in control.outlets.values()]
        links = []
        for driver in drivers:
            told = partial(control.driver_state, driver.name)
            run = _link(driver, house.report)
            links.append(start(driver.name, keep_running(driver.name, run, told)))
        for name, job in bridges.items():
            links.append(start(name, keep_running(name, job, partial(control.driver_state, name))))
        control.pulse.watch((*vital, books, *links))
        log.info(
            "Hearth is ready after %.2f s; it waits for: %s",
            time.perf_counter() - began_s,
            ", ".join(info.id for driver in drivers for info in driver.devices) or "nothing",
        )
        tell_systemd("READY=1")
        await stop.wait()
        tell_systemd("STOPPING=1")
        log.info("Hearth stops; every device is left in its safe state")
        house.quiet = True
        _cancel(vital)
        async with asyncio.TaskGroup() as safe:
            for driver in drivers:
                name = f"safe state of {driver.name}"
                safe.create_task(best_effort(name, driver.make_safe(), SAFE_WITHIN_S), name=name)
        _cancel(links)
        await control.bookkeeper.save()
        _cancel([books])


def _link(driver: Driver, report: Report) -> Callable[[], Awaitable[None]]:
    silent_s = patience_s(driver.devices)
    if silent_s is None:
        return partial(driver.run, report)
    return partial(run_while_heard, driver.run, report, silent_s)


def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


async def _as_task(job: Awaitable[None]) -> None:
    await job


def process_figures(control: Control, began_s: float) -> dict[str, Any]:
    """What this process costs and how fast it answers; times in real seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "uptimeSeconds": round(time.monotonic() - began_s, 3),
        "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 3),
        "rssMb": rss_mb(),
        "frameToCommandMs": control.latencies.percentiles_ms(),
        "confirmLatencyMs": control.state.outcomes.confirmations.percentiles_ms(),
        "actions": dict(control.state.outcomes.counts),
    }


def rss_mb() -> float | None:
    """Resident memory of this process in MB, None where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * resource.getpagesize() / 1e6, 1)
