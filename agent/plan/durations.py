"""Lengths of time as people read them. Pure."""

ROUGH_FROM_MINUTES = 2
"""Below that, minutes are too rough."""


def duration(length_s: float) -> str:
    """E.g. 45 s, 10 min, 16 h 05 min; one that is negative stays so."""
    minutes = round(abs(length_s) / 60)
    if minutes < ROUGH_FROM_MINUTES:
        return f"{length_s:z.0f} s"
    sign = "-" if length_s < 0 else ""
    hours, rest = divmod(minutes, 60)
    return f"{sign}{hours} h {rest:02} min" if hours else f"{sign}{rest} min"
