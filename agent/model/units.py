"""Constants of the trade and the few conversions that everybody needs."""

NOMINAL_VOLTAGE_V = 230.0
"""Line to neutral, IEC 60038; the tolerance is +-10 %."""

MIN_CHARGE_CURRENT_A = 6.0
"""The least a car may be offered short of nothing, IEC 61851-1."""


def amps_from_watts(power_w: float, phases: int) -> float:
    """Current per phase that carries `power_w` evenly over 1 to 3 phases at 230 V, cos phi 1."""
    return power_w / (NOMINAL_VOLTAGE_V * phases)


def watts_from_amps(current_a: float, phases: int) -> float:
    """Power of `current_a` on each of 1 to 3 phases at 230 V, cos phi 1."""
    return current_a * NOMINAL_VOLTAGE_V * phases
