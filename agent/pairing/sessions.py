"""Plug to plug at one charger, as its messages say, also when they come late or out of order."""

from collections.abc import Mapping, Sequence
from math import log

from agent.model.readings import DeviceId
from agent.pairing.altering import altered
from agent.pairing.runs import Run, Runs
from agent.pairing.tracks import Charger, Ended, Session

TOKEN_BEFORE_S = 300.0
BLINK_S = 180.0
RETURN_S = 60.0
"""Within that time of its return a charger says how it stands."""

KEPT_S = 60.0
"""A message that is older when it comes was written at the plug, and kept while nobody listened."""

REPLUG_S = 150.0
REBOOT_CAP = 5.0
RESTART_CAP = 3.0
"""A reboot that blinks "available" and a restart of Hearth hide a swap of cars; what was held
before counts for no more than that (in log-odds)."""

PerCar = tuple[tuple[DeviceId, float], ...]


def follow(
    charger: Charger, seen_s: float, name: str | None, shares: Mapping[DeviceId, float]
) -> Charger:
    """The charger with its session as its plug runs say.

    Args:
        name: the charger's own name of the session, if this message had one.
        shares: per car, what is held of the running session, for one that continues it.
    """
    runs, session = charger.plugged, charger.session
    if not runs:
        return charger
    if not runs[-1].value:
        if session is None:
            return charger
        ended = _ended(session, runs[-1].since_s, shares)
        return altered(charger, session=None, ended=ended)
    plug_s, after_s = _start(runs)
    new = session is None or session.plug_s != plug_s
    kept = session.exact if session and not new else seen_s - plug_s > KEPT_S
    exact = after_s is not None and (kept or not _was_lost(charger, after_s + RETURN_S, plug_s))
    if not exact and after_s is not None and charger.lost_s is not None:
        after_s = max(after_s, min(plug_s, charger.lost_s))  # until then it was there, and free
    if session is not None and after_s is not None and after_s > session.plug_s:
        # A late message tells that the cable was out in between.
        charger, session = altered(charger, ended=_ended(session, after_s, shares)), None
    if session is None:
        session = _new(charger, seen_s, plug_s, after_s, name, exact=exact)
    elif not session.carried and _moved(session, plug_s, after_s):
        session = altered(session, plug_s=plug_s, after_s=after_s, exact=exact)
    session = _marked(charger, session, name)
    if session is charger.session:
        return charger
    return altered(charger, session=session, sessions=session.number)


def _moved(session: Session, plug_s: float, after_s: float | None) -> bool:
    """Whether a late message tells another instant of the plug."""
    if session.plug_s != plug_s or (session.after_s is None) != (after_s is None):
        return True
    return after_s is not None and session.after_s is not None and after_s > session.after_s


def log_odds(shares: Mapping[DeviceId, float]) -> PerCar:
    """Per car ln(p / (1 - p)), within what a double can tell."""
    return tuple((car, log(max(p, 1e-6) / max(1.0 - p, 1e-6))) for car, p in shares.items())


def _ended(session: Session, end_s: float, shares: Mapping[DeviceId, float]) -> Ended:
    return Ended(
        end_s=end_s, name=session.name, odds=log_odds(shares), shares=tuple(shares.items())
    )


def _marked(charger: Charger, session: Session, name: str | None) -> Session:
    """With its name, and the card or address that belongs to it."""
    if name is not None and session.name is None:
        session = altered(session, name=name)
    if charger.token != session.token and charger.token_s >= session.plug_s - TOKEN_BEFORE_S:
        session = altered(session, token=charger.token)
    return session


def _new(
    charger: Charger,
    seen_s: float,
    plug_s: float,
    after_s: float | None,
    name: str | None,
    *,
    exact: bool,
) -> Session:
    session = Session(
        number=charger.sessions + 1, seen_s=seen_s, plug_s=plug_s, after_s=after_s, exact=exact
    )
    ended = charger.ended
    if ended is None or after_s is None:
        return session
    out_s = plug_s - ended.end_s
    same_name = name is not None and name == ended.name
    if out_s < BLINK_S and (same_name or _was_lost(charger, ended.end_s - RETURN_S, plug_s)):
        carried = capped(ended.odds, REBOOT_CAP)
        return altered(session, carried=carried, after_s=None, exact=False)
    if out_s < REPLUG_S:
        return altered(session, before=ended.shares)
    return session


def restarted(charger: Charger, now_s: float, odds: PerCar) -> Charger:
    """As it is after a silence of ours in which cars may have been swapped unseen."""
    old = charger.session
    if old is None:
        return charger
    session = Session(
        number=charger.sessions + 1,
        seen_s=now_s,
        plug_s=now_s,
        exact=False,
        token=old.token,
        name=old.name,
        carried=capped(odds, RESTART_CAP),
        verdict=old.verdict,
        excluded=old.excluded,
    )
    plugged = (Run(True, now_s, now_s),)
    return altered(charger, plugged=plugged, session=session, sessions=session.number)


def capped(odds: Sequence[tuple[DeviceId, float]], most: float) -> PerCar:
    return tuple((car, max(-most, min(most, value))) for car, value in odds)


def _start(runs: Runs) -> tuple[float, float | None]:
    """When the cable went in that is in now, and until when it was out; None = never seen out."""
    plug_s = runs[-1].since_s
    for run in reversed(runs):
        if not run.value:
            return plug_s, run.until_s
        plug_s = run.since_s
    return plug_s, None


def _was_lost(charger: Charger, after_s: float, by_s: float) -> bool:
    """Whether the charger was off the network at some time in between."""
    if charger.lost_s is None or charger.lost_s > by_s:
        return False
    return charger.back_s is None or charger.back_s >= after_s
