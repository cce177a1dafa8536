"""What an Action asks for, in words that people know. Pure."""

from agent.model.actions import ActionKind


def deed(kind: ActionKind, value: float | str | None) -> str:
    """
    Args:
        value: A, W or an operation mode, by kind, as in Action.
    """
    match kind, value:
        case ActionKind.START, _:
            return "start charging"
        case ActionKind.STOP, _:
            return "stop charging"
        case ActionKind.SET_MAX_CURRENT, float() | int() as amps:
            return f"limit to {amps:g} A"
        case ActionKind.PROBE, float() | int() as amps:
            slower = f"charge at {amps:g} A for a while" if amps else "pause for a while"
            return f"{slower} to see which car this is"
        case ActionKind.SET_CHARGE_RATE_LIMIT, float() | int() as watts:
            return f"limit to {round(watts / 1000, 2):g} kW"
        case _, mode:
            return f"set mode to {str(mode).lower().replace('_', ' ')}"
