"""What is published of a device: availability, one JSON state, and its counters.

The state always carries every key, null where nothing is known; a missing key would log a
template warning in Home Assistant for each message.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Final

from agent.bridges.cars import pair_of
from agent.bridges.home_assistant.entity import STATELESS, Entity, Needs, Value, View
from agent.model.driver import DeviceInfo
from agent.model.pairs import PairingMode
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.model.targets import Reason, ReasonCode

REASON_RENEWED_EVERY_S: Final = 60.0
"""Where nothing but its figures is new."""

TURN_SHOWN_AFTER_S: Final = 10.0
"""A countdown that began or was called off; at the edge it does so with each sample."""

_BY_HAND: Final = frozenset(
    {
        ReasonCode.MODE_OFF,
        ReasonCode.MODE_FAST,
        ReasonCode.MANUAL_START,
        ReasonCode.MANUAL_STOP,
        ReasonCode.BATTERY_MANUAL,
    }
)
"""Reasons that rest on settings alone: they change when a person does something, who then looks."""


def state_json(rows: Sequence[Entity], view: View) -> str:
    state: dict[str, object] = {}
    for row in rows:
        if row.counter or row.needs is Needs.NOTHING:
            continue
        if row.platform not in STATELESS:
            state[row.key] = row.value(view)
        if row.last_reset is not None:
            state[f"{row.key}_since"] = row.last_reset(view)
        if row.attributes is not None:
            state[f"{row.key}_details"] = _finite(row.attributes(view))
    return to_json(state)


def counters(rows: Sequence[Entity], view: View) -> dict[str, str]:
    """Key -> figure of the counters that are known; the others keep what the broker retains."""
    figures = {row.key: row.value(view) for row in rows if row.counter}
    return {key: str(figure) for key, figure in figures.items() if figure is not None}


def urgent(rows: Sequence[Entity], view: View) -> tuple[Value, ...]:
    """What somebody is waiting for; when it differs the state goes out without delay."""
    return tuple(row.at_once(view) for row in rows if row.at_once is not None)


def to_json(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _finite(value: Value) -> object:
    if not isinstance(value, Mapping):
        return value
    return {
        name: None if isinstance(figure, float) and not math.isfinite(figure) else figure
        for name, figure in value.items()
    }


class Views:
    """Makes Views, and remembers what a Picture does not: refusals, and reasons held still.

    The figures in a reason of sun or fuse change with every sample; each change would be a row
    in Home Assistant's database, so the same reason is renewed once a minute only.
    """

    def __init__(self) -> None:
        self._refusals: dict[DeviceId, tuple[str, tuple[object, ...]]] = {}
        self._reasons: dict[DeviceId, tuple[Reason, float]] = {}

    def of(self, info: DeviceInfo, picture: Picture) -> View:
        view = View(
            info=info,
            picture=picture,
            seen=picture.snapshot.get(info.id),
            reason=self._reason(info, picture),
        )
        refused = self._refusals.get(info.id)
        if refused is None:
            return view
        text, since = refused
        if since != _latest(view):
            del self._refusals[info.id]
            return view
        return View(info=info, picture=picture, seen=view.seen, reason=view.reason, refusal=text)

    def refuse(self, info: DeviceInfo, picture: Picture, why: str) -> None:
        """Show `why` as the device's last action until something newer happens to it."""
        view = View(info=info, picture=picture)
        self._refusals[info.id] = (why, _latest(view))

    def accept(self, info: DeviceInfo) -> None:
        """A command was taken: an older refusal is no news any more."""
        self._refusals.pop(info.id, None)

    def _reason(self, info: DeviceInfo, picture: Picture) -> Reason | None:
        device, target = info.id, picture.targets.get(_decider(info, picture))
        if target is None:
            self._reasons.pop(device, None)
            return None
        held, now_mono_s = self._reasons.get(device), picture.now.mono_s
        if held is not None:
            reason, since_mono_s = held
            if now_mono_s - since_mono_s < _held_for_s(reason, target.reason):
                return reason
        self._reasons[device] = (target.reason, now_mono_s)
        return target.reason


def _decider(info: DeviceInfo, picture: Picture) -> DeviceId:
    """Whose reason is a device's: a car's own, or that of the charger which acts for it."""
    routed = info.kind is DeviceKind.VEHICLE and picture.pairing.mode is PairingMode.FULL
    pair = pair_of(info.id, picture) if routed else None
    return info.id if pair is None or info.id in picture.targets else pair.charger


def _held_for_s(before: Reason, now: Reason) -> float:
    """How long a reason stays on show though there is a newer one."""
    if now.code is not before.code or now.code in _BY_HAND:
        return 0.0
    # "Waiting for the sun" and "starts if this holds for 60 s" share a code.
    turned = (before.changes_at is None) != (now.changes_at is None)
    return TURN_SHOWN_AFTER_S if turned else REASON_RENEWED_EVERY_S


def _latest(view: View) -> tuple[object, ...]:
    action = view.action
    return () if action is None else (action.id, action.state)
