"""A house in which nothing forbids a probe, for tests that take one thing away."""

from dataclasses import replace
from typing import Any

from agent.model.clock import Now
from agent.model.pairs import Belief, PairingCar, ProbeWish
from agent.model.readings import DeviceId, DeviceKind, PowerDelivery, Reading, VehicleReading
from agent.model.targets import ChargerTarget, Owner, Reason, ReasonCode
from agent.plan.memory import ChargerMemory
from agent.plan.probe import ProbeView
from agent.plan.settings import ChargerSettings, PlanSettings
from tests.unit.house import CARPORT, GARAGE, NOON, charger, charging, info, snapshot

ONE, TWO = DeviceId("one"), DeviceId("two")
LATER = NOON.later(3600)
WISH = ProbeWish(charger=GARAGE, vehicle=ONE, why="one and two came together")
SETTINGS = PlanSettings(
    devices=(
        info(GARAGE, DeviceKind.CHARGER),
        info(CARPORT, DeviceKind.CHARGER),
        info(ONE, DeviceKind.VEHICLE),
        info(TWO, DeviceKind.VEHICLE),
    ),
    chargers={GARAGE: ChargerSettings(), CARPORT: ChargerSettings()},
)


def car(device: DeviceId = ONE, **more: Any) -> VehicleReading:
    said = {"charging": True, "power_w": 11_000.0, **more}
    return VehicleReading(device=device, at=NOON.at, mono_s=NOON.mono_s, **said)


def target(
    device: DeviceId = GARAGE, code: ReasonCode = ReasonCode.MODE_FAST, amps: float = 16.0
) -> ChargerTarget:
    reason = Reason(code=code, sentence="Because.")
    return ChargerTarget(
        device=device, charging=amps > 0, max_current_a=amps, owner=Owner.DEFAULT, reason=reason
    )


def told(*targets: ChargerTarget) -> dict[DeviceId, ChargerTarget]:
    return {each.device: each for each in targets}


def said(*readings: Reading) -> dict[str, Any]:
    """Both chargers charge; what is given replaces or adds to that."""
    began = (charger(NOON.later(-60)), charger(NOON.later(-60), device=CARPORT))
    usual = (charging(16), charging(16, device=CARPORT), car(ONE), car(TWO))
    return {"snapshot": snapshot(*began, *usual, *readings)}


def view(**changes: Any) -> ProbeView:
    calm = ChargerMemory(limit_a=16.0, changed_mono_s=NOON.mono_s)
    usual = ProbeView(
        settings=SETTINGS,
        snapshot=said()["snapshot"],
        cars=(PairingCar(id=ONE), PairingCar(id=TWO)),
        limits={GARAGE: calm, CARPORT: calm},
        targets=told(target(GARAGE), target(CARPORT)),
        sessions={GARAGE: "s1", CARPORT: "s2"},
        beliefs={GARAGE: Belief(charger=GARAGE, runner_up=TWO)},
        asked={ONE: "the schedule waits"},
        pending=frozenset({"a1"}),
    )
    return replace(usual, **changes)


def probing(**changes: Any) -> ProbeView:
    """The same while GARAGE is probed at 6 A and shows it."""
    limits = {
        GARAGE: ChargerMemory(limit_a=6.0, changed_mono_s=LATER.mono_s),
        CARPORT: ChargerMemory(limit_a=16.0, changed_mono_s=NOON.mono_s),
    }
    usual = view(
        **said(charging(6, LATER.later(1))),
        limits=limits,
        targets=told(target(GARAGE, ReasonCode.PAIR_PROBE, 6.0), target(CARPORT)),
        followed=frozenset({GARAGE}),
    )
    return replace(usual, **changes)


def at(seconds: float) -> Now:
    return LATER.later(seconds)


UNPLUGGED = PowerDelivery.UNPLUGGED
