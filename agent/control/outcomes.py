"""What becomes of people's wishes: a wish that failed is taken back, and says why."""

import logging
import time
from dataclasses import dataclass, replace

from agent.control.outlet import Latencies
from agent.ledger.deeds import deed
from agent.ledger.ways import SWITCHING
from agent.model.actions import Action, ActionKind, ActionState, FailureType, RequestedBy
from agent.model.readings import DeviceId
from agent.model.wishes import BatteryWish, ChargerWish, Wishes

log = logging.getLogger(__name__)

_NO_FAULT = (FailureType.CONFLICT, FailureType.UNNECESSARY)
_PEOPLE = (RequestedBy.USER, RequestedBy.CLOUD)


@dataclass(frozen=True, slots=True)
class Before:
    """The wishes about one device as they were before an Action.

    Args:
        charger: the wish for `charger_id`, the charger that was told or that the car hangs on.
        asked_s: perf_counter() instant of the Action, to tell how long it took in real time.
    """

    charger_id: DeviceId | None
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

    def began(self, action: Action, wishes: Wishes, charger: DeviceId | None) -> None:
        """Remember what to go back to.

        Args:
            wishes: those before the Action.
            charger: that which is told, or on which the car hangs.
        """
        if action.kind is ActionKind.PROBE:
            log.info("%s: %s, asked by %s", action.device, say(action), action.requested_by)
            return
        before = Before(
            charger,
            None if charger is None else wishes.chargers.get(charger),
            wishes.batteries.get(action.device_commanded, BatteryWish()),
            time.perf_counter(),
        )
        self._before.setdefault(action.id, before)
        log.info("%s: %s, asked by %s", action.device, say(action), action.requested_by)

    def turned(self, action: Action, wishes: Wishes, charger: DeviceId | None) -> Wishes:
        """An action goes on another way: return the wishes then. A charger that could not do it is
        still asked to let the car charge; one on which the car hangs no more is not."""
        log.warning(
            "%s: %s goes on with %s, because %s",
            action.device, say(action), action.device_commanded, action.spent,
        )  # fmt: skip
        if action.requested_by not in _PEOPLE:
            return wishes
        if charger is None:
            return _taken_back(action, self._before.get(action.id), wishes)
        old = wishes.chargers[charger]
        asked_s = time.perf_counter()
        self._before.setdefault(action.id, Before(charger, old, BatteryWish(), asked_s))
        start = action.kind is ActionKind.START
        return wishes.with_charger(charger, replace(old, manual=start))

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
        if failure is None or failure.type in _NO_FAULT:
            return wishes
        if action.kind is ActionKind.PROBE:
            log.info("%s: %s ended early: %s", action.device, say(action), failure.detail)
            return wishes
        if failure.type is FailureType.REQUESTED_CANCELLATION:
            log.info("%s: %s is cancelled: %s", action.device, say(action), failure.detail)
            return _taken_back(action, before, wishes)
        self.failures[action.device] = f"{say(action)}: {failure.detail}"
        log.warning("%s: %s did not work: %s", action.device, say(action), failure.detail)
        return _taken_back(action, before, wishes)


def _taken_back(action: Action, before: Before | None, wishes: Wishes) -> Wishes:
    """An Action from before a restart has no memory of what was; its wish just ends. What a
    schedule or an override asked for was never a person's wish."""
    if action.requested_by not in _PEOPLE:
        return wishes
    if action.kind is ActionKind.SET_OPERATION_MODE:
        battery = before.battery if before is not None else BatteryWish()
        return wishes.with_battery(action.device_commanded, battery)
    if before is not None and before.charger_id is not None and before.charger is not None:
        return wishes.with_charger(before.charger_id, before.charger)
    charger = wishes.chargers.get(action.device_commanded)
    if charger is not None and action.kind in SWITCHING:
        return wishes.with_charger(action.device_commanded, replace(charger, manual=None))
    return wishes


def say(action: Action) -> str:
    """The wish in words."""
    return deed(action.kind, action.value)
