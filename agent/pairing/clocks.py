"""How far the clocks of chargers and of cars' sources are off, by how late their lines are."""

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


AHEAD_S, AHEAD_LINES, ALIKE_LINES = 120.0, 8, 3
"""A line from further in the future was not stamped by a clock that one can go by, unless that is
how this source's clock stands: so many of its last lines say so. Judgement."""


def ahead(before: tuple[float, ...], late_s: float) -> tuple[float, ...]:
    """By how much each of the last lines of a car came from the future; () = none did."""
    ahead_s = max(0.0, -late_s)
    if not before and ahead_s <= AHEAD_S:
        return ()
    lines = (*before, ahead_s)[-AHEAD_LINES:]
    return lines if max(lines) > AHEAD_S else ()


def fast_s(lines: tuple[float, ...]) -> float | None:
    """How far the clock of a car's source is ahead at least: as several lines show, so that a
    single odd one does not count; None = nobody knows how old what it tells is."""
    if not lines:
        return 0.0
    seen_ahead = sorted(line for line in lines if line > AHEAD_S)
    if len(seen_ahead) >= ALIKE_LINES:
        return seen_ahead[-2]
    return None if lines[-1] > AHEAD_S else 0.0
