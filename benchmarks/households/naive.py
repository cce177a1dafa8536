"""What evcc does, as a rule of one line: of the cars whose status of this moment fits the
charger's, the only one is it (core/coordinator: exact match, else the only approximate one)."""

from typing import Any

from benchmarks.households.judge import Told
from benchmarks.households.telling import Event

DETECT_S = 600.0


def named(events: list[Event], cars: set[str]) -> list[Told]:
    """Which car the rule names on each charger, and when."""
    car_state: dict[str, tuple[bool, bool]] = {}
    box: dict[str, dict[str, Any]] = {}
    told: list[Told] = []
    for seen_s, _, device, fields in events:
        if device in cars:
            before = car_state.get(device, (False, False))
            car_state[device] = (
                bool(fields.get("isPluggedIn", before[0])),
                bool(fields.get("isCharging", before[1])),
            )
        else:
            _charger(box.setdefault(device, {"plug": None, "car": None, "on": False}), seen_s,
                     fields, device, told)  # fmt: skip
        for name, state in box.items():
            if state["plug"] is not None and seen_s - state["plug"] <= DETECT_S:
                taken = {s["car"] for n, s in box.items() if n != name}
                car = _match(state["on"], car_state, taken)
                if car != state["car"]:
                    state["car"] = car
                    told.append((seen_s, name, car, 1.0))
    return told


def _charger(
    state: dict[str, Any], seen_s: float, fields: dict[str, Any], name: str, told: list[Told]
) -> None:
    plugged = fields.get("isPluggedIn")
    state["on"] = bool(fields.get("isCharging", state["on"]))
    if plugged and state["plug"] is None:
        state["plug"] = seen_s
    if plugged is False:
        if state["car"] is not None:
            told.append((seen_s, name, None, 1.0))
        state.update(plug=None, car=None)


def _match(charging: bool, cars: dict[str, tuple[bool, bool]], taken: set[str]) -> str | None:  # noqa: FBT001
    plugged = [car for car, (here, _) in cars.items() if here and car not in taken]
    exact = [car for car in plugged if cars[car][1] == charging]
    if len(exact) == 1:
        return exact[0]
    return plugged[0] if not exact and len(plugged) == 1 else None
