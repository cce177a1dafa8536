"""When to ask for prices. Pure.

1. What is missing today is asked for at once; tomorrow only when its market has published it, each
   house a little later than the other.
2. What is late is asked for every few minutes, and after some time every hour.
3. A service that named a time is left alone until then, one that declined for an hour.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from agent.services.prices.source import Publication, Span

SPREAD_S: Final = 900.0
SOON_S: Final = (300.0, 600.0)
HOUR_S: Final = 3600.0
SOON_TRIES: Final = 12
"""So many tries at a few minutes' distance are two hours at the most."""

Draw = Callable[[float, float], float]

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """How the tries since the last success went.

    Args:
        failures: in a row, without anything new.
        declined: the last one was refused for good.
        again_after_s: what the service asked for.
    """

    failures: int = 0
    declined: bool = False
    again_after_s: float | None = None


def wanted(publication: Publication, now: datetime, known_until: datetime) -> Span | None:
    """The days to ask for now; None = all is known that is published.

    Args:
        known_until: until when there are prices without a gap.
    """
    today = publication.day_of(now)
    last = today
    if now >= publication.instant(today, publication.at):
        last = today + _ONE_DAY
    enough = publication.begin(last + _ONE_DAY) - timedelta(seconds=publication.missing_s)
    if known_until >= enough:
        return None
    first = max(today, publication.day_of(known_until))
    return Span(first=min(first, last), last=last, publication=publication)


def pause_s(
    publication: Publication, now: datetime, known_until: datetime, tried: Tried, draw: Draw
) -> float:
    """House seconds until the next try.

    Args:
        draw: a number between two, random.uniform.
    """
    span = wanted(publication, now, known_until)
    if span is None:
        return (_next_publication(publication, now) - now).total_seconds() + draw(0, SPREAD_S)
    if tried.declined:
        return draw(HOUR_S, HOUR_S + SPREAD_S)
    late = publication.instant(publication.day_of(now), publication.late)
    waits_for_tomorrow = span.last > publication.day_of(now)
    soon = now < late if waits_for_tomorrow else tried.failures <= SOON_TRIES
    usual_s = draw(*SOON_S) if soon else draw(HOUR_S, HOUR_S + SOON_S[1])
    asked_s = tried.again_after_s
    return usual_s if asked_s is None else max(asked_s, usual_s)


def _next_publication(publication: Publication, now: datetime) -> datetime:
    today = publication.day_of(now)
    at = publication.instant(today, publication.at)
    return at if at > now else publication.instant(today + _ONE_DAY, publication.at)
