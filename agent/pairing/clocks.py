"""How far a charger's clock is off, by how late its lines are against it."""

CLOCK_LINES, FEW_LINES, ALIKE_S = 40, 5, 10.0
"""So many lines are looked at; a fifth of them that agree within 10 s show the clock's error."""


def usual_s(lateness_s: tuple[float, ...]) -> float:
    """The least lateness that is shared by several lines. A single lesser one was stamped by
    somebody else: a gateway, or Hearth itself when the charger said nothing."""
    least_s = min(lateness_s)
    if max(lateness_s) - least_s <= ALIKE_S or len(lateness_s) < FEW_LINES:
        return least_s
    ordered, several = sorted(lateness_s), max(2, len(lateness_s) // FEW_LINES)
    for one_s, other_s in zip(ordered, ordered[several - 1 :], strict=False):
        if other_s - one_s <= ALIKE_S:
            return one_s
    return least_s
