"""Builds every part of Hearth from the installer's file; what nobody configured is not imported."""

import logging
import resource
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from agent.assembly.brokers import broker_of
from agent.assembly.cloud import build_cloud
from agent.assembly.forecasts import build_forecasts
from agent.bridges.local import Failed, LocalDoor
from agent.bridges.streams.recording import Recorder
from agent.clock import FastClock, SystemClock
from agent.config import Settings
from agent.config.house_tariff import tariff_of
from agent.config.household import circuits_of, locations_of, schedules_of
from agent.config.smart import policies_of
from agent.control import Control
from agent.control.rules import HouseRules
from agent.house import House
from agent.model.driver import DeviceInfo, Driver
from agent.model.events import Herald, Resource
from agent.model.limits import GRID_INPUT
from agent.model.pairs import PairingCar, PairingCharger, PairingSettings
from agent.model.readings import DeviceId, DeviceKind
from agent.model.units import watts_from_amps
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.abilities import offered, shortcomings
from agent.plan.settings import (
    BatteryPlan,
    BatterySettings,
    ChargerSettings,
    PhaseRules,
    PlanSettings,
)
from agent.store import Persisted, Store, StoreError
from agent.store.outbox import Outbox

Clocks = SystemClock | FastClock

log = logging.getLogger(__name__)


def build_drivers(settings: Settings, clock: Clocks, store: Store) -> list[Driver]:
    """Every link of the house; what nobody configured is not even imported."""
    drivers: list[Driver] = []
    if settings.devices:
        from drivers.modbus import building
        from drivers.modbus.maps import load_models

        folders = [settings.maps_folder] if settings.maps_folder else []
        models = load_models(folders, {d.driver for d in settings.devices.values()})
        drivers += building.build(settings.devices, models, clock, store.notebook)
    if settings.chargers or "ocpp" in settings.model_fields_set:
        # A house that only has the section waits for its first charger to knock.
        from drivers.ocpp import OcppListener

        drivers.append(
            OcppListener(
                settings.ocpp, settings.chargers, clock, store.transactions, store.notebook
            )
        )
    if settings.vehicles:
        from drivers.vehicles import building as cars

        house = broker_of(settings) if settings.mqtt is not None else None
        connection = f"{settings.mqtt_client_id}-cars"
        drivers += cars.build(settings.vehicles, house, connection, clock, store.notebook)
    return drivers


def build_control(
    settings: Settings,
    clock: Clocks,
    house: House,
    store: Store,
    drivers: Sequence[Driver],
    persisted: Persisted,
    herald: Herald | None,
) -> Control:
    by_device = {info.id: driver for driver in drivers for info in driver.devices}
    devices = tuple(info for driver in drivers for info in driver.devices)
    modes = {DeviceId(n): ChargerWish(mode=c.mode) for n, c in settings.chargers.items()}
    planned = plan_settings(settings, devices)
    for sentence in shortcomings(planned):
        log.warning("%s", sentence)
    return Control(
        house=house,
        store=store,
        clock=clock,
        settings=planned,
        wishes=Wishes(chargers=modes),
        drivers=by_device,
        persisted=persisted,
        rules=house_rules(settings, devices),
        herald=herald,
    )


def house_rules(settings: Settings, devices: Sequence[DeviceInfo]) -> HouseRules:
    """Pairs, places and schedules of the installer's file."""
    locations = locations_of(settings)
    stands = {charger: each for each in locations.values() for charger in each.chargers}
    names = {info.id: info.name for info in devices}
    chargers = []
    for info in devices:
        if info.kind is DeviceKind.CHARGER:
            place = stands.get(info.id, locations[settings.house.id])
            chargers.append(
                PairingCharger(
                    id=info.id,
                    name=info.name,
                    max_power_w=watts_from_amps(info.max_current_a, info.phases),
                    latitude_deg=place.latitude_deg,
                    longitude_deg=place.longitude_deg,
                )
            )
    cars = tuple(
        PairingCar(
            id=DeviceId(name),
            name=names.get(DeviceId(name)),
            capacity_wh=None if c.capacity_kwh is None else c.capacity_kwh * 1000,
            max_power_w=c.max_power_w,
            phases=c.phases,
            charge_rate_source=c.charge_rate_source,
            id_tokens=frozenset(c.id_tokens),
        )
        for name, c in settings.vehicles.items()
    )
    return HouseRules(
        home=settings.house.id,
        pairing=PairingSettings(
            mode=settings.pairing.mode,
            probe=settings.pairing.probe,
            cars=cars,
            chargers=tuple(chargers),
            timezone=settings.house.timezone,
        ),
        timezone=settings.house.timezone,
        locations=locations,
        schedules=schedules_of(settings),
        policies=policies_of(settings),
        tariff=tariff_of(settings),
    )


def plan_settings(settings: Settings, devices: tuple[DeviceInfo, ...]) -> PlanSettings:
    """The installer's file as the planners need it."""
    battery = battery_rules(settings)
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
            phase_order=tuple(int(phase[1]) for phase in c.mains_phases),
            fallback_a=c.fallback_current_a,
            priority=c.priority,
            switching=PhaseRules(dwell_s=c.phase_dwell_s, most_a_day=c.phase_switches_a_day)
            if c.phase_switching
            else None,
        )
        for name, c in settings.chargers.items()
    }
    return PlanSettings(
        fuse_a=settings.house.fuse_a,
        margin_a=settings.house.fuse_margin_a,
        phases=settings.house.phases,
        grid_meter=DeviceId(named) if named else only,
        meter_stale_s=settings.house.meter_stale_s,
        devices=offered(devices, battery),
        chargers=chargers,
        circuits=circuits_of(settings),
        import_limit_w=settings.house.import_limit_w,
        export_limit_w=settings.house.export_limit_w,
        feeds_below_zero=settings.house.feed_in_below_zero,
        battery=battery,
        unbalanced_a=settings.house.unbalanced_load_a,
        battery_first_percent=settings.house.battery_first_percent,
    )


def battery_rules(settings: Settings) -> BatterySettings:
    """What Hearth may do with batteries by itself."""
    own = settings.battery
    return BatterySettings(
        plan=BatteryPlan(own.plan),
        from_grid=own.from_grid,
        to_grid=own.to_grid,
        feeds_cars=own.feeds_cars,
        reserve_percent=own.reserve_percent,
        round_trip=own.round_trip_percent / 100,
        wear_per_kwh=own.wear_per_kwh,
    )


def build_bridges(
    settings: Settings,
    clock: Clocks,
    house: House,
    control: Control,
    store: Store,
    told: tuple[Resource, ...],
) -> dict[str, Callable[[], Awaitable[None]]]:
    """Jobs by name: the local socket, Home Assistant where there is a broker, a cloud if any.

    Args:
        told: what the cloud was told last.
    """
    outbox = store.outbox if settings.cloud is not None else None
    metrics = partial(process_figures, control, outbox, time.monotonic())
    recorder = Recorder(house.taps, control.pictures, clock)
    door = LocalDoor(
        settings.socket_path,
        control.pictures,
        metrics,
        partial(_backup, store),
        control.submit,
        recorder,
    )
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
    if settings.cloud is not None:
        cloud = build_cloud(settings, clock, house, control, store, told)
        bridges[cloud.name] = cloud.run
    bridges |= build_forecasts(
        settings,
        inverters=tuple(
            i.id for i in control.state.settings.devices if i.kind is DeviceKind.INVERTER
        ),
        store=store,
        notebook=store.notebook,
        clock=clock,
        forecasts=control.forecasts,
        broker=broker_of(settings) if settings.mqtt is not None else None,
    )
    if settings.tariff is not None or settings.cloud is not None:  # else nobody can tell any
        from agent.assembly.prices import build_prices

        bridges |= build_prices(settings, control, store, clock, house.news.set)
    if settings.grid_operator.inputs:
        from agent.assembly.grid import build_inputs

        broker = broker_of(settings) if settings.mqtt is not None else None
        for each in build_inputs(settings, broker, control.submit, clock):
            bridges[f"{GRID_INPUT}{each.name}"] = each.run
    return bridges


async def _backup(store: Store, to: Path) -> None:
    try:
        await store.backup(to)
    except StoreError as error:
        raise Failed(str(error)) from None


def process_figures(control: Control, outbox: Outbox | None, began_s: float) -> dict[str, Any]:
    """What this process costs and how fast it answers; times in real seconds."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "uptimeSeconds": round(time.monotonic() - began_s, 3),
        "cpuSeconds": round(usage.ru_utime + usage.ru_stime, 3),
        "rssMb": rss_mb(),
        "frameToCommandMs": control.latencies.percentiles_ms(),
        "confirmLatencyMs": control.state.outcomes.confirmations.percentiles_ms(),
        "actions": dict(control.state.outcomes.counts),
        "cloud": None
        if outbox is None
        else {
            "lastSeq": outbox.last_seq,
            "ackedSeq": outbox.acked_seq,
            "pendingEvents": outbox.pending,
        },
    }


def rss_mb() -> float | None:
    """Resident memory of this process in MB, None where /proc does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return round(pages * resource.getpagesize() / 1e6, 1)
