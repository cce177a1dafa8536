"""A house with one device of each kind, as Control would show it to a bridge."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

from agent.model.actions import Action, ActionKind, ActionState, Failure, FailureType
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.forecasts import Band, Forecasts
from agent.model.intents import ChargerMode
from agent.model.pairs import (
    Belief,
    Evidence,
    LockedBy,
    Pair,
    PairingCar,
    PairingMode,
    PairingSettings,
    PairStage,
)
from agent.model.picture import Picture, Session, Totals
from agent.model.prices import PeakRate, Prices, Slot
from agent.model.readings import (
    BatteryMode,
    BatteryReading,
    BatteryStatus,
    ChargerReading,
    DeviceId,
    DeviceKind,
    InverterReading,
    LinkReading,
    MeterReading,
    PowerDelivery,
    Reading,
    VehicleReading,
)
from agent.model.schedules import (
    Location,
    Schedule,
    ScheduleState,
    ScheduleStatus,
    Transition,
)
from agent.model.smart import (
    Consideration,
    SmartPlan,
    SmartPolicy,
    SmartState,
    SmartStatus,
    Window,
)
from agent.model.snapshot import Seen, seen
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from agent.months import month_of, summed

AT = datetime(2026, 6, 1, 12, 0, 0, tzinfo=UTC)
NOW = Now(at=AT, mono_s=1000.0)

GARAGE = DeviceId("garage")
GRID = DeviceId("grid")
ROOF = DeviceId("roof")
ROOF_BATTERY = DeviceId("roof_battery")
LISTENER = DeviceId("ocpp")
ZOE = DeviceId("zoe")

CHARGER = DeviceInfo(id=GARAGE, kind=DeviceKind.CHARGER, name="Garage", driver="ocpp")
METER = DeviceInfo(
    id=GRID, kind=DeviceKind.METER, name="Grid meter", driver="eastron_sdm630", poll_s=5.0
)
INVERTER = DeviceInfo(
    id=ROOF, kind=DeviceKind.INVERTER, name="Roof", driver="huawei_sun2000", poll_s=5.0
)
BATTERY = DeviceInfo(
    id=ROOF_BATTERY,
    kind=DeviceKind.BATTERY,
    name="Roof battery",
    driver="huawei_sun2000",
    battery_modes=(BatteryMode.SELF_RELIANCE, BatteryMode.IDLE, BatteryMode.IMPORT_FOCUS),
    poll_s=5.0,
)
CAR = DeviceInfo(
    id=ZOE, kind=DeviceKind.VEHICLE, name="Zoe", driver="ovms", startable=True, refreshable=True
)
DEVICES = (CHARGER, METER, INVERTER, BATTERY, CAR)


def _readings(mono_s: float) -> list[Reading]:
    return [
        ChargerReading(
            device=GARAGE,
            at=AT,
            mono_s=mono_s,
            reachable=True,
            problem="ground fault",
            vendor="Alfen",
            model="Eve",
            serial_number="A1",
            firmware="6.1",
            power_delivery=PowerDelivery.CHARGING,
            status="Charging",
            power_w=7360.4,
            max_current_a=16.0,
            energy_wh=1_000_000.0,
            phases=3,
            current_l1_a=10.66,
            current_l2_a=10.66,
            current_l3_a=10.66,
            voltage_l1_v=230.4,
            voltage_l2_v=230.4,
            voltage_l3_v=230.4,
        ),
        MeterReading(
            device=GRID,
            at=AT,
            mono_s=mono_s,
            reachable=True,
            power_w=-1234.5,
            frequency_hz=50.012,
            power_l1_w=-411.5,
            power_l2_w=-411.5,
            power_l3_w=-411.5,
            current_l1_a=1.79,
            current_l2_a=1.79,
            current_l3_a=1.79,
            voltage_l1_v=231.0,
            voltage_l2_v=231.0,
            voltage_l3_v=231.0,
        ),
        InverterReading(
            device=ROOF,
            at=AT,
            mono_s=mono_s,
            reachable=True,
            production_w=5000.0,
            ac_power_w=4000.0,
            frequency_hz=50.0,
            temperature_c=41.5,
            status="On-grid",
        ),
        BatteryReading(
            device=ROOF_BATTERY,
            at=AT,
            mono_s=mono_s,
            reachable=True,
            power_w=1000.0,
            soc_percent=55.0,
            capacity_wh=10_000.0,
            status=BatteryStatus.CHARGING,
            operation_mode=BatteryMode.SELF_RELIANCE,
            temperature_c=25.0,
        ),
        VehicleReading(
            device=ZOE,
            at=AT,
            mono_s=mono_s,
            reachable=True,
            power_delivery=PowerDelivery.CHARGING,
            plugged_in=True,
            charging=True,
            soc_percent=63.4,
            charge_limit_percent=80.0,
            range_km=211.0,
            power_w=6900.0,
            charge_remaining_s=4200.0,
            odometer_km=41234.5,
            latitude_deg=59.91,
            longitude_deg=10.75,
        ),
        LinkReading(device=LISTENER, at=AT, mono_s=mono_s, pending_approval=("CP.01:A", "CP.02")),
    ]


def snapshot(mono_s: float = 990.0, **changes: Reading) -> dict[DeviceId, Seen[Reading]]:
    """Everybody spoke at `mono_s`; `changes` replace devices by id."""
    said: dict[DeviceId, Reading] = {reading.device: reading for reading in _readings(mono_s)}
    for device, reading in changes.items():
        said[DeviceId(device)] = reading
    return {device: seen(reading) for device, reading in said.items()}


def reason(code: ReasonCode = ReasonCode.SURPLUS, surplus_w: float = 7400.0) -> Reason:
    return Reason(
        code=code,
        sentence=f"The sun leaves {surplus_w / 1000:.1f} kW, so the car charges with it.",
        inputs=MappingProxyType({"surplus_w": surplus_w, "delay_s": 60.0}),
    )


def target(code: ReasonCode = ReasonCode.SURPLUS, surplus_w: float = 7400.0) -> ChargerTarget:
    return ChargerTarget(
        device=GARAGE,
        charging=True,
        max_current_a=13.0,
        owner=Owner.DEFAULT,
        reason=reason(code, surplus_w),
    )


def action(state: ActionState, kind: ActionKind = ActionKind.STOP, detail: str = "") -> Action:
    failure = Failure(type=FailureType.NO_RESPONSE, detail=detail) if detail else None
    return Action(
        id="4be0643f-1d98-573b-97cd-ca98a65347dd",
        device=GARAGE,
        device_kind=DeviceKind.CHARGER,
        kind=kind,
        state=state,
        created_at=AT,
        updated_at=AT,
        failure=failure,
        device_commanded=GARAGE,
        created_mono_s=999.0,
        boot_id="boot",
        window_s=60.0,
    )


COUNTERS: Mapping[tuple[DeviceId, str], float] = {
    (GARAGE, "energy_wh"): 1_000_123.4,
    (GRID, "import_wh"): 2_000_000.0,
    (GRID, "export_wh"): 3_000_000.0,
    (ROOF, "production_wh"): 4_000_000.0,
    (ROOF_BATTERY, "charge_wh"): 5_000_000.0,
    (ROOF_BATTERY, "discharge_wh"): 4_500_000.0,
}

TOTALS = Totals(
    grid_w=-1234.5,
    production_w=5000.0,
    battery_w=1000.0,
    chargers_w=7360.0,
    load_w=500.0,
    battery_soc_percent=55.0,
    grid_import_wh=2_000_000.0,
    grid_export_wh=3_000_000.0,
    production_wh=4_000_000.0,
    battery_charge_wh=5_000_000.0,
    battery_discharge_wh=4_500_000.0,
    chargers_wh=1_000_123.4,
    load_wh=6_000_000.0,
)


EVIDENCE = (Evidence(kind="plug-in", points=4.2, says="zoe was plugged in at 11:58."),)
PAIR = Pair(
    id="p1",
    vehicle=ZOE,
    charger=GARAGE,
    stage=PairStage.ACTIVATED,
    confidence=0.993,
    evidence=EVIDENCE,
    activated_at=AT,
)
BELIEF = Belief(
    charger=GARAGE,
    vehicle=ZOE,
    confidence=0.993,
    evidence=EVIDENCE,
    locked_by=LockedBy.HEURISTIC,
    since=AT,
)
HOME = Location(id="home", name="Home", latitude_deg=59.91, longitude_deg=10.75)
NIGHT = Schedule(id="night", name="Night", target=GARAGE, target_kind=DeviceKind.CHARGER)
STATUS = ScheduleStatus(
    schedule="night",
    changed_at=AT,
    state=ScheduleState.ALIGNED,
    charging=True,
    expected=True,
    should_charge=True,
    plugged_in=True,
    needs_charge=True,
    transitions=(Transition(at=AT + timedelta(hours=10), should_charge=False),),
)


def forecasts() -> Forecasts:
    flat = Band(
        start=NOW.at,
        step_s=900.0,
        mean_w=(1000.0,) * 204,
        low_w=(500.0,) * 204,
        high_w=(2000.0,) * 204,
        source="what the sun gave at this time of day in the last weeks",
    )
    return Forecasts(sun=flat, load=flat, sun_today_wh=21_400.0, sun_tomorrow_wh=18_000.0)


SESSION = Session(
    id="s1",
    charger=GARAGE,
    plugged_in_at=AT,
    energy_wh=4321.0,
    max_power_w=7400.0,
    currency="EUR",
    cost=0.8,
    own_wh=2160.5,
    accounted_wh=4321.0,
    traced_wh=4321.0,
    reference_cost=1.25,
    vehicle=ZOE,
)
POLICY = SmartPolicy(
    target=ZOE,
    enabled=True,
    deadlines=(420,) * 7,
    minimum_percent=20.0,
    ready_at=AT + timedelta(hours=20),
)
SMART = SmartStatus(
    device=ZOE,
    device_kind=DeviceKind.VEHICLE,
    state=SmartState.STOPPED,
    changed_at=AT,
    updated_at=AT,
    consideration=Consideration(
        plugged_in=True,
        charging=False,
        at_charging_location=True,
        has_time_estimate=True,
        has_prices=True,
    ),
    plan=SmartPlan(
        id="4be0643f-1d98-573b-97cd-ca98a65347dd",
        device=ZOE,
        location="home",
        currency="EUR",
        created_at=AT,
        deadline=AT + timedelta(hours=20),
        stop_at=AT,
        start_at=AT + timedelta(hours=12),
        estimated_finish_at=AT + timedelta(hours=15),
        first_start_at=AT + timedelta(hours=12),
        first_finish_at=AT + timedelta(hours=15),
        non_smart_cost=5.0,
        smart_cost=2.5,
        stop_confirmed_at=AT,
        windows=(Window(start=AT + timedelta(hours=12), stop=AT + timedelta(hours=15)),),
    ),
)


def prices() -> Prices:
    """Two hours from noon on, and what the month's peak costs."""
    hour = timedelta(hours=1)
    first = Slot(start=AT, end=AT + hour, import_per_kwh=0.284, export_per_kwh=0.0786)
    return Prices(
        currency="EUR",
        slots=(
            first,
            replace(first, start=AT + hour, end=AT + 2 * hour, import_per_kwh=-0.02),
        ),
        peak=PeakRate(per_kw=4.42, free_w=2500.0, reached_w=4200.0),
        sources={"Energy-Charts DE-LU": "until 2026-06-01 14:00 UTC"},
    )


def full_picture() -> Picture:
    """Nothing in it is unknown."""
    return Picture(
        now=NOW,
        forecasts=forecasts(),
        currency="EUR",
        prices=prices(),
        devices=DEVICES,
        snapshot=snapshot(),
        targets={
            GARAGE: target(),
            ROOF_BATTERY: replace(target(), device=ROOF_BATTERY),
        },
        actions=(
            action(ActionState.CONFIRMED),
            replace(
                action(ActionState.PENDING, ActionKind.SET_OPERATION_MODE),
                id="b",
                device=ROOF_BATTERY,
            ),
            replace(action(ActionState.CONFIRMED), id="c", device=ZOE),
        ),
        modes={GARAGE: ChargerMode.SOLAR},
        limits_a={GARAGE: 13.0},
        sessions={GARAGE: SESSION},
        latest={GARAGE: SESSION, ZOE: SESSION},
        month=month_of(AT, "Europe/Oslo"),
        months=summed(month_of(AT, "Europe/Oslo"), (SESSION,)),
        totals=TOTALS,
        counters_wh=COUNTERS,
        beliefs={GARAGE: BELIEF},
        pairs=(PAIR,),
        pairing=PairingSettings(mode=PairingMode.FULL, cars=(PairingCar(id=ZOE),)),
        locations={"home": HOME},
        where={GARAGE: "home", ZOE: "home"},
        schedules={"night": NIGHT},
        statuses={"night": STATUS},
        policies={ZOE: POLICY},
        smart={ZOE: SMART},
        drivers={"Modbus 192.168.1.40:502": "up"},
        started_at=AT,
    )
