"""What pairing, schedules and planners go by, out of the installer's file."""

from collections.abc import Iterator, Mapping, Sequence

from agent.config import Settings
from agent.config.house_tariff import tariff_of
from agent.config.household import circuits_of, locations_of, schedules_of
from agent.config.smart import policies_of
from agent.control.rules import HouseRules
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingCar, PairingCharger, PairingSettings
from agent.model.readings import DeviceId, DeviceKind
from agent.model.schedules import Location
from agent.model.units import watts_from_amps
from agent.plan.abilities import offered
from agent.plan.settings import (
    BatteryPlan,
    BatterySettings,
    ChargerSettings,
    PhaseRules,
    PlanSettings,
)


def house_rules(settings: Settings, devices: Sequence[DeviceInfo]) -> HouseRules:
    """Pairs, places and schedules of the installer's file."""
    locations = locations_of(settings)
    return HouseRules(
        home=settings.house.id,
        pairing=PairingSettings(
            mode=settings.pairing.mode,
            probe=settings.pairing.probe,
            cars=tuple(_cars(settings, devices)),
            chargers=tuple(_chargers(settings, locations, devices)),
            timezone=settings.house.timezone,
        ),
        timezone=settings.house.timezone,
        locations=locations,
        schedules=schedules_of(settings),
        policies=policies_of(settings),
        tariff=tariff_of(settings),
    )


def _chargers(
    settings: Settings, locations: Mapping[str, Location], devices: Sequence[DeviceInfo]
) -> Iterator[PairingCharger]:
    stands = {charger: each for each in locations.values() for charger in each.chargers}
    for info in devices:
        if info.kind is DeviceKind.CHARGER:
            place = stands.get(info.id, locations[settings.house.id])
            yield PairingCharger(
                id=info.id,
                name=info.name,
                max_power_w=watts_from_amps(info.max_current_a, info.phases),
                latitude_deg=place.latitude_deg,
                longitude_deg=place.longitude_deg,
            )


def _cars(settings: Settings, devices: Sequence[DeviceInfo]) -> Iterator[PairingCar]:
    names = {info.id: info.name for info in devices}
    for name, car in settings.vehicles.items():
        yield PairingCar(
            id=DeviceId(name),
            name=names.get(DeviceId(name)),
            capacity_wh=None if car.capacity_kwh is None else car.capacity_kwh * 1000,
            max_power_w=car.max_power_w,
            phases=car.phases,
            charge_rate_source=car.charge_rate_source,
            id_tokens=frozenset(car.id_tokens),
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
