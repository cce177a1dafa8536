"""What becomes of people's wishes: a wish that failed is taken back, and says why."""

import logging
import time
from dataclasses import dataclass, replace

from agent.control.outlet import Latencies
from agent.model.actions import Action, ActionKind, ActionState, FailureType
from agent.model.readings import DeviceId
from agent.model.wishes import BatteryWish, ChargerWish, Wishes

log = logging.getLogger(__name__)

_SWITCHING = (ActionKind.START, ActionKind.STOP)


@dataclass(frozen=True, slots=True)
class Before:
    """The wishes about one device as they were before an Action.

    Args:
        asked_s: perf_counter() instant of the Action, to tell how long it took in real time.
    """

    charger: ChargerWish | None
    battery: BatteryWish
    asked_s: float


class Outcomes:
    """
    Attributes:
        failures: per device the sentence of the last command that failed, until one works.
        counts: finished Actions by outcome, since the start.
    """

    def __init__(self) -> None:
        self.failures: dict[DeviceId, str] = {}
        self.counts = {"confirmed": 0, "failed": 0, "cancelled": 0}
        self.confirmations = Latencies()
        self._before: dict[str, Before] = {}

    def began(self, action: Action, wishes: Wishes) -> None:
        """Remember what to go back to; `wishes` are those before the Action."""
        device = action.device
        battery = wishes.batteries.get(device, BatteryWish())
        before = Before(wishes.chargers.get(device), battery, time.perf_counter())
        self._before.setdefault(action.id, before)
        log.info("%s: %s, asked by %s", device, say(action), action.requested_by)

    def ended(self, action: Action, wishes: Wishes) -> Wishes:
        """Return the wishes after the action; a pending one changes nothing."""
        if action.pending:
            return wishes
        self.counts[action.state.value.lower()] += 1
        before = self._before.pop(action.id, None)
        if action.state is ActionState.CONFIRMED:
            if before is not None:
                self.confirmations.add(time.perf_counter() - before.asked_s)
            self.failures.pop(action.device, None)
            log.info("%s: %s is done", action.device, say(action))
            return wishes
        failure = action.failure
        if failure is None or failure.type in (FailureType.CONFLICT, FailureType.UNNECESSARY):
            return wishes
        self.failures[action.device] = f"{say(action)}: {failure.detail}"
        log.warning("%s: %s did not work: %s", action.device, say(action), failure.detail)
        return _taken_back(action, before, wishes)


def _taken_back(action: Action, before: Before | None, wishes: Wishes) -> Wishes:
    """An Action from before a restart has no memory of what was; its wish just ends."""
    device, charger = action.device, wishes.chargers.get(action.device)
    if charger is None:
        battery = before.battery if before is not None else BatteryWish()
        return wishes.with_battery(device, battery)
    if before is not None and before.charger is not None:
        return wishes.with_charger(device, before.charger)
    if action.kind in _SWITCHING:
        return wishes.with_charger(device, replace(charger, manual=None))
    return wishes


def say(action: Action) -> str:
    """The wish in words."""
    match action.kind, action.value:
        case ActionKind.START, _:
            return "start charging"
        case ActionKind.STOP, _:
            return "stop charging"
        case ActionKind.SET_MAX_CURRENT, float() | int() as amps:
            return f"limit to {amps:g} A"
        case ActionKind.SET_CHARGE_RATE_LIMIT, float() | int() as watts:
            return f"limit to {watts:g} W"
        case _, value:
            return f"set mode {value}"
