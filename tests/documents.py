"""The published schemas, closed for tests, and random houses to check documents with."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_type_hints

from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from agent.bridges.documents import Sender
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.pairs import (
    Evidence,
    LockedBy,
    Pair,
    PairingCar,
    PairingMode,
    PairingSettings,
    PairStage,
)
from agent.model.picture import Picture, Session, Totals
from agent.model.readings import (
    BatteryReading,
    ChargerReading,
    DeviceId,
    DeviceKind,
    InverterReading,
    MeterReading,
    Reading,
    VehicleReading,
)
from agent.model.schedules import (
    Location,
    Override,
    Rule,
    Schedule,
    ScheduleState,
    ScheduleStatus,
    Transition,
)
from agent.model.smart import (
    Consideration,
    FailureCondition,
    SmartPlan,
    SmartPolicy,
    SmartState,
    SmartStatus,
    Window,
)
from agent.model.snapshot import Seen, fold
from agent.months import month_of, summed

SCHEMAS = Path("docs/schemas")
AT = datetime(2026, 6, 1, 12, tzinfo=UTC)
NOW = Now(at=AT, mono_s=10_000_000.0)
CAR_OF_THE_CLOUD = DeviceId("0b9ecf92-77a1-4c75-8d5c-2f3f2dbb8a51")
KINDS: dict[DeviceKind, type[Reading]] = {
    DeviceKind.CHARGER: ChargerReading,
    DeviceKind.VEHICLE: VehicleReading,
    DeviceKind.BATTERY: BatteryReading,
    DeviceKind.INVERTER: InverterReading,
    DeviceKind.METER: MeterReading,
}
DEVICES = (
    DeviceInfo(id=DeviceId("garage"), kind=DeviceKind.CHARGER, name="Garage", driver="ocpp"),
    DeviceInfo(id=DeviceId("yard"), kind=DeviceKind.CHARGER, name="Yard", driver="ocpp"),
    DeviceInfo(id=DeviceId("zoe"), kind=DeviceKind.VEHICLE, name="Zoe", driver="teslamate"),
    DeviceInfo(id=CAR_OF_THE_CLOUD, kind=DeviceKind.VEHICLE, name="Van", driver="cloud"),
    DeviceInfo(id=DeviceId("grid"), kind=DeviceKind.METER, name="Grid", driver="eastron"),
    DeviceInfo(id=DeviceId("roof"), kind=DeviceKind.INVERTER, name="Roof", driver="sunspec"),
    DeviceInfo(
        id=DeviceId("cellar"),
        kind=DeviceKind.BATTERY,
        name="Cellar",
        driver="sunspec",
        battery_modes=("SELF_RELIANCE", "IDLE"),
        capacity_wh=10_000.0,
    ),
)


def closed(node: Any) -> Any:
    """A schema in which nothing is allowed that it does not name."""
    if isinstance(node, list):
        return [closed(each) for each in node]
    if not isinstance(node, dict):
        return node
    made = {name: closed(value) for name, value in node.items()}
    if "x-values" in node:
        made["enum"] = node["x-values"]
    if "properties" in node:
        made.setdefault("additionalProperties", False)
    return made


@cache
def _registry() -> Registry[Any]:
    found = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.schema.json")}
    return Registry().with_resources(
        [(name, Resource.from_contents(closed(schema))) for name, schema in found.items()]
    )


@cache
def _validator(name: str) -> Draft202012Validator:
    schema = {"$ref": f"{name}.schema.json"}
    return Draft202012Validator(schema, registry=_registry())


def faults(name: str, document: object) -> list[str]:
    """What the schema `name` finds wrong."""
    errors = _validator(name).iter_errors(document)
    return [f"{error.json_path}: {error.message}" for error in errors]


def _values(hint: Any) -> st.SearchStrategy[Any]:
    if isinstance(hint, UnionType):
        return st.one_of(*(_values(each) for each in get_args(hint)))
    table: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        int: st.integers(0, 100),
        float: st.floats(0, 100) | st.sampled_from([float("nan"), float("inf")]),
        str: st.text(max_size=5),
    }
    return table[hint] if hint in table else st.sampled_from(list(hint))


def _fields(kind: type[Reading]) -> dict[str, st.SearchStrategy[Any]]:
    hints = get_type_hints(kind)
    names = [f.name for f in fields(kind) if f.name not in ("device", "at", "mono_s")]
    places = {"latitude_deg": st.none() | st.floats(-90, 90)}  # drivers let no other one in
    return {name: places.get(name, _values(hints[name])) for name in names}


FIELDS = {kind: _fields(reading) for kind, reading in KINDS.items()}


@st.composite
def readings(draw: st.DrawFn, info: DeviceInfo) -> Reading:
    """Anything that a device of that kind may say, in the last ten days."""
    kind = KINDS[info.kind]
    said = draw(st.fixed_dictionaries({}, optional=FIELDS[info.kind]))
    ago_s = draw(st.integers(0, 864_000))
    at, mono_s = AT - timedelta(seconds=ago_s), NOW.mono_s - ago_s
    return kind(device=info.id, at=at, mono_s=mono_s, **said)


@st.composite
def snapshots(draw: st.DrawFn) -> dict[DeviceId, Seen[Reading]]:
    snapshot: dict[DeviceId, Seen[Reading]] = {}
    for info in DEVICES:
        for reading in draw(st.lists(readings(info), max_size=2)):
            snapshot[info.id] = fold(snapshot.get(info.id), reading)
    return snapshot


def _pairs(draw: st.DrawFn) -> tuple[Pair, ...]:
    stages = st.sampled_from(PairStage)
    made = []
    for vehicle in (DeviceId("zoe"), CAR_OF_THE_CLOUD):
        for charger in (DeviceId("garage"), DeviceId("yard")):
            evidence = Evidence(kind="plug-in", points=1.234, says="Both were plugged in.")
            made.append(
                Pair(
                    id=f"{vehicle}+{charger}",
                    vehicle=vehicle,
                    charger=charger,
                    stage=draw(stages),
                    confidence=draw(st.floats(0, 1)),
                    evidence=draw(st.sampled_from([(), (evidence,)])),
                    locked_by=draw(st.sampled_from(LockedBy)),
                    activated_at=draw(st.sampled_from([None, AT])),
                )
            )
    return tuple(made) if draw(st.booleans()) else ()


HOME = Location(
    id="home",
    name="Home",
    latitude_deg=59.9,
    longitude_deg=10.7,
    timezone="Europe/Oslo",
    chargers=(DeviceId("garage"),),
)
NIGHT = Schedule(
    id="night",
    name="Night",
    target=DeviceId("garage"),
    target_kind=DeviceKind.CHARGER,
    location="home",
    rules=(
        Rule(should_charge=True),
        Rule(
            should_charge=False,
            from_minute=22 * 60,
            to_minute=24 * 60,
            weekdays=frozenset({0, 6}),
            from_at=AT,
            to_at=AT + timedelta(days=1),
        ),
    ),
)
SENDER = Sender(agent_id="4711", user_id="anna")
PICTURE = Picture(
    now=NOW,
    devices=DEVICES,
    locations={"home": HOME},
    schedules={"night": NIGHT},
    started_at=AT,
)
OVERRIDE = Override(
    id="o1",
    device=DeviceId("zoe"),
    device_kind=DeviceKind.VEHICLE,
    created_at=AT,
    action_id="4be0643f-1d98-573b-97cd-ca98a65347dd",
)
_YES_NO = st.sampled_from([None, True, False])


def _status(draw: st.DrawFn) -> ScheduleStatus:
    return ScheduleStatus(
        schedule="night",
        changed_at=AT,
        state=draw(st.sampled_from(ScheduleState)),
        charging=draw(_YES_NO),
        expected=draw(_YES_NO),
        should_charge=draw(_YES_NO),
        plugged_in=draw(_YES_NO),
        needs_charge=draw(_YES_NO),
        transitions=draw(st.sampled_from([(), (Transition(at=AT, should_charge=True),)])),
        override=draw(st.sampled_from([None, OVERRIDE])),
    )


POLICY = SmartPolicy(
    target=DeviceId("zoe"),
    enabled=True,
    deadlines=(*(7 * 60,) * 5, None, 9 * 60),
    minimum_percent=20.0,
    ready_at=AT,
)
PLAN = SmartPlan(
    id="4be0643f-1d98-573b-97cd-ca98a65347dd",
    device=DeviceId("zoe"),
    location="home",
    currency="EUR",
    created_at=AT,
    deadline=AT + timedelta(hours=9),
    stop_at=AT,
    start_at=AT + timedelta(hours=4),
    estimated_finish_at=AT + timedelta(hours=6),
    first_start_at=AT + timedelta(hours=4),
    first_finish_at=AT + timedelta(hours=6),
    non_smart_cost=4.0,
    smart_cost=1.5,
    stop_confirmed_at=AT,
    windows=(Window(start=AT + timedelta(hours=4), stop=AT + timedelta(hours=6)),),
)


def smart_status(draw: st.DrawFn, device: str, kind: DeviceKind) -> SmartStatus:
    ended = draw(st.sampled_from([None, AT]))
    plan = replace(
        PLAN,
        device=DeviceId(device),
        ended_at=ended,
        final_state=None if ended is None else SmartState.FINISHED,
        failure_condition=draw(st.sampled_from([None, *FailureCondition])),
        smart_cost=draw(st.none() | st.floats(0, 100)),
    )
    return SmartStatus(
        device=DeviceId(device),
        device_kind=kind,
        state=draw(st.sampled_from(SmartState)),
        changed_at=AT,
        updated_at=AT,
        consideration=draw(st.sampled_from([None, Consideration(plugged_in=True)])),
        plan=draw(st.sampled_from([None, plan])),
        override=draw(st.sampled_from([None, OVERRIDE])),
        problem=draw(st.sampled_from([None, "zoe is not plugged in"])),
    )


def _charged(draw: st.DrawFn) -> dict[str, Any]:
    """Sessions of which anything may be known or unknown, and what they add up to."""
    amounts = st.none() | st.floats(-10, 100)
    energies = st.floats(0, 80_000)
    cars = st.sampled_from([None, DeviceId("zoe"), CAR_OF_THE_CLOUD])
    sessions = [
        Session(
            id=charger,
            charger=DeviceId(charger),
            plugged_in_at=AT - timedelta(hours=9),
            plugged_out_at=draw(st.sampled_from([None, AT])),
            energy_wh=draw(st.none() | energies),
            max_power_w=draw(st.sampled_from([None, 7000.0])),
            currency="EUR",
            cost=draw(amounts),
            own_wh=draw(st.none() | energies),
            accounted_wh=draw(energies),
            traced_wh=80_000.0,
            reference_cost=draw(amounts),
            vehicle=draw(cars),
        )
        for charger in ("garage", "yard")
    ]
    month = draw(st.sampled_from([None, month_of(AT, "Europe/Oslo")]))
    return {
        "latest": {device: each for each in sessions for device in (each.charger, each.vehicle)},
        "month": month,
        "months": {} if month is None else summed(month, sessions),
    }


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    """Any house, with anything known or unknown."""
    watts = st.none() | st.floats(-20_000, 20_000)
    sources: tuple[Literal["charger", "vehicle", "estimate"], ...] = (
        "charger",
        "vehicle",
        "estimate",
    )
    rate = draw(st.sampled_from(sources))
    ids = st.sampled_from([info.id for info in DEVICES])
    return Picture(
        now=Now(at=AT, mono_s=NOW.mono_s, trusted=draw(st.booleans())),
        devices=DEVICES,
        snapshot=draw(snapshots()),
        limits_a=draw(st.dictionaries(ids, st.floats(0, 32), max_size=2)),
        totals=Totals(grid_w=draw(watts), production_w=draw(watts), battery_w=draw(watts)),
        counters_wh=draw(st.sampled_from([{}, {(DeviceId("roof"), "production_wh"): 1e6}])),
        pairs=_pairs(draw),
        pairing=PairingSettings(
            mode=draw(st.sampled_from(PairingMode)),
            cars=(PairingCar(id=DeviceId("zoe"), charge_rate_source=rate),),
        ),
        locations={"home": HOME},
        where=draw(st.dictionaries(ids, st.sampled_from([None, "home"]), max_size=7)),
        schedules={"night": NIGHT},
        statuses={"night": _status(draw)},
        policies=draw(st.sampled_from([{}, {POLICY.target: POLICY}])),
        smart={
            DeviceId(name): smart_status(draw, name, kind)
            for name, kind in (("zoe", DeviceKind.VEHICLE), ("garage", DeviceKind.CHARGER))
        },
        currency=draw(st.sampled_from([None, "EUR"])),
        **_charged(draw),
        started_at=AT,
    )
