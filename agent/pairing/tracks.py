"""What has been heard of each car and each charger, and the session that stands on a charger.

Everything is bounded. Instants are monotonic seconds: `at` minus the age that the message had
when it came, so that a jump of the wall clock moves nothing.
"""

import math
from dataclasses import dataclass

from agent.model.pairs import Observation
from agent.model.readings import DeviceId, PowerDelivery
from agent.pairing.altering import altered
from agent.pairing.clocks import CLOCK_LINES, ahead, fast_s, usual_s
from agent.pairing.places import Place, placed
from agent.pairing.runs import Runs, push, thinned

CHARGING_ABOVE_W = 500.0
POWER_SLACK_W = 350.0
ENERGY_SLACK_WH = 200.0
SOC_SLACK_PERCENT = 0.4
SAMPLES = 40
MOST_W = 500_000.0
BURST_S = 60.0
"""What a source tells at once may come as several messages, each with one value: what it did not
say yet is as before only up to so long ago."""

FLOWING = (PowerDelivery.CHARGING, PowerDelivery.DISCHARGING)


@dataclass(frozen=True, slots=True, kw_only=True)
class Car:
    """Args:
    heard_s: the newest instant of which it told anything.
    partial: it tells only what changed; then every word says that the rest is as before.
    ahead_s: by how much its last lines came from the future.
    """

    plugged: Runs = ()
    charging: Runs = ()
    power_w: Runs = ()
    soc_percent: Runs = ()
    places: tuple[Place, ...] = ()
    heard_s: float = -math.inf
    partial: bool = False
    ahead_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A cable in a charger, from plug to unplug.

    Args:
        number: grows by one per charger.
        seen_s: when we knew of it. plug_s: when it was plugged in; not after `seen_s`.
        after_s: it was still unplugged then; None = nobody saw the plug.
        exact: the charger named the instant; else it lies anywhere after `after_s`.
        carried: log-odds kept from before a reboot or a restart, per car.
        before: the probability of each car in the session that ended just before this one.
        verdict: what a person said: a car, "" for a guest; None = nothing.
        excluded: cars that a person ruled out.
    """

    number: int
    seen_s: float
    plug_s: float
    after_s: float | None = None
    exact: bool = True
    token: str | None = None
    name: str | None = None
    carried: tuple[tuple[DeviceId, float], ...] = ()
    before: tuple[tuple[DeviceId, float], ...] = ()
    verdict: str | None = None
    excluded: tuple[DeviceId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """What is remembered of the last session: when it ended, its name, and per car the log-odds
    and the probability that it was this one's."""

    end_s: float
    name: str | None = None
    odds: tuple[tuple[DeviceId, float], ...] = ()
    shares: tuple[tuple[DeviceId, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Charger:
    """Args:
    lateness_s: of its last lines, receipt minus its own clock; the least is its clock's error.
    lost_s, back_s: its last absence from the network.
    token_s: a card is shown just before the plug or just after it.
    power_now_w, power_s: the last word on power, to count energy where no counter does.
    commands_s: when it was given another current, the last few times.
    """

    plugged: Runs = ()
    charging: Runs = ()
    power_w: Runs = ()
    energy_wh: Runs = ()
    lateness_s: tuple[float, ...] = ()
    lost_s: float | None = None
    back_s: float | None = None
    token: str | None = None
    token_s: float = -math.inf
    power_now_w: float | None = None
    power_s: float = -math.inf
    counted_wh: float = 0.0
    counts: bool = False
    sessions: int = 0
    session: Session | None = None
    ended: Ended | None = None
    commands_s: tuple[float, ...] = ()


def hear_car(car: Car, said: Observation) -> Car:
    """The car's track with one more message; the same object when it says nothing new."""
    late_s = (said.seen.at - said.at).total_seconds()
    ahead_s = ahead(car.ahead_s, late_s)
    clock_s = fast_s(ahead_s)
    if clock_s is None:
        return altered(car, ahead_s=ahead_s)
    at_s = said.seen.mono_s - max(0.0, late_s + clock_s)
    plugged, charging = _flags(said)
    partial = car.partial or (plugged is None and _says_something(said))
    after = Car(
        plugged=_flag(car.plugged, plugged, at_s, partial and "plugged_in" not in said.unknown),
        charging=_flag(car.charging, charging, at_s, partial and "charging" not in said.unknown),
        power_w=_power(car.power_w, said.power_w, at_s),
        soc_percent=_soc(car.soc_percent, said.soc_percent, at_s, _went_in_s(car, at_s)),
        places=placed(car.places, said, at_s),
        heard_s=max(car.heard_s, at_s) if said.reachable is not False else car.heard_s,
        partial=partial,
        ahead_s=ahead_s,
    )
    return car if after == car else after


def _flag(runs: Runs, value: bool | None, at_s: float, as_before: bool) -> Runs:  # noqa: FBT001
    """
    Args:
        as_before: its silence says that nothing changed.
    """
    if value is not None:
        return push(runs, value, at_s)
    before_s = at_s - BURST_S
    if not as_before or not runs or before_s < runs[-1].until_s:
        return runs
    return push(runs, runs[-1].value, before_s)


def _says_something(said: Observation) -> bool:
    return said.soc_percent is not None or said.charging is not None or said.power_w is not None


def hear_charger(charger: Charger, said: Observation) -> Charger:
    """The charger's track with one more message; sessions are the caller's."""
    at_s, lateness_s = _corrected_s(charger, said)
    plugged, flowing = _flags(said)
    power_w = _power_w(charger, said.power_w, flowing)
    counted_wh, power_now_w, power_s = charger.counted_wh, charger.power_now_w, charger.power_s
    powers = charger.power_w
    if power_w is not None:
        if at_s >= power_s:
            flowed_w = _meanwhile_w(charger, power_w)
            counted_wh += flowed_w * (at_s - power_s) / 3600 if flowed_w else 0.0
            power_now_w, power_s = power_w, at_s
        powers = push(powers, power_w, at_s, slack=POWER_SLACK_W, keep=SAMPLES)
    delivering = _delivering(flowing, power_w)
    token, token_s = (said.id_token, at_s) if said.id_token else (charger.token, charger.token_s)
    lost_s, back_s = _absence(charger, said)
    plug_s = at_s if charger.session is None else charger.session.plug_s
    counted = counted_wh if power_now_w is not None else None
    energy_wh, counts = _energy(charger, said.energy_wh, counted, at_s, plug_s)
    return Charger(
        plugged=_switched(charger.plugged, plugged, at_s),
        charging=_switched(charger.charging, delivering, at_s),
        power_w=powers,
        energy_wh=energy_wh,
        lateness_s=lateness_s,
        lost_s=lost_s,
        back_s=back_s,
        token=token,
        token_s=token_s,
        power_now_w=power_now_w,
        power_s=power_s,
        counted_wh=counted_wh,
        counts=counts,
        sessions=charger.sessions,
        session=charger.session,
        ended=charger.ended,
        commands_s=charger.commands_s,
    )


def _power_w(charger: Charger, power_w: float | None, flowing: bool | None) -> float | None:  # noqa: FBT001
    """What was told; a charger that tells power at all has none while nothing flows. Of one that
    never does it stays unknown, or it would have charged without any energy."""
    if power_w is None:
        return 0.0 if flowing is False and charger.power_now_w is not None else None
    return power_w if abs(power_w) < MOST_W else None


def _meanwhile_w(charger: Charger, power_w: float) -> float | None:
    """What flowed since the last word on power: a charge that began since then began with this."""
    began = charger.power_now_w == 0.0 and bool(charger.charging and charger.charging[-1].value)
    return power_w if began else charger.power_now_w


def _switched(runs: Runs, value: bool | None, at_s: float) -> Runs:  # noqa: FBT001
    """A charger tells every change, so that its silence says that nothing changed."""
    return runs if value is None else push(runs, value, at_s, gap_s=math.inf)


def _energy(
    charger: Charger, energy_wh: float | None, counted_wh: float | None, at_s: float, plug_s: float
) -> tuple[Runs, bool]:
    """The charger's counter, or what its power adds up to, if it tells that; and whether it is the
    former."""
    runs = charger.energy_wh
    if energy_wh is None:
        if charger.counts or counted_wh is None:
            return runs, charger.counts
        return _growing(runs, counted_wh, at_s, ENERGY_SLACK_WH, plug_s), False
    if not math.isfinite(energy_wh):
        return runs, charger.counts
    newer = bool(runs) and at_s >= runs[-1].until_s
    if runs and (not charger.counts or (newer and energy_wh < runs[-1].value)):
        runs = ()  # another counter: differences mean nothing
    return _growing(runs, energy_wh, at_s, ENERGY_SLACK_WH, plug_s), True


def _growing(runs: Runs, value: float, at_s: float, slack: float, plug_s: float) -> Runs:
    return thinned(push(runs, value, at_s, slack=slack, keep=SAMPLES + 1), SAMPLES, plug_s)


def _absence(charger: Charger, said: Observation) -> tuple[float | None, float | None]:
    """When it was lost last, and since when it is back."""
    away = charger.lost_s is not None and charger.back_s is None
    if said.reachable is False and not away:
        return said.seen.mono_s, None
    if said.reachable is True and away:
        return charger.lost_s, said.seen.mono_s
    return charger.lost_s, charger.back_s


def _corrected_s(charger: Charger, said: Observation) -> tuple[float, tuple[float, ...]]:
    """When it happened on our clock: the least lateness of the last lines is the clock's error."""
    late_s = (said.seen.at - said.at).total_seconds()
    lateness_s = (*charger.lateness_s[1 - CLOCK_LINES :], late_s)
    return said.seen.mono_s - max(0.0, late_s - usual_s(lateness_s)), lateness_s


def _flags(said: Observation) -> tuple[bool | None, bool | None]:
    """Plugged in, and charging, as far as the message says."""
    plugged, charging, state = said.plugged_in, said.charging, said.power_delivery
    if state is not None and state is not PowerDelivery.UNKNOWN:
        if plugged is None:
            plugged = state.plugged_in
        if charging is None:
            charging = state in FLOWING
    return plugged, charging


def _delivering(flowing: bool | None, power_w: float | None) -> bool | None:  # noqa: FBT001
    if flowing is False or power_w is None:
        return flowing
    return power_w > CHARGING_ABOVE_W


def _power(runs: Runs, power_w: float | None, at_s: float) -> Runs:
    if power_w is None or not abs(power_w) < MOST_W:
        return runs
    return push(runs, power_w, at_s, slack=POWER_SLACK_W, keep=SAMPLES)


def _went_in_s(car: Car, at_s: float) -> float:
    """Since when it says that it is plugged in, or else that it charges."""
    runs = car.plugged or car.charging
    for run in reversed(runs):
        if not run.value:
            return run.until_s
    return at_s


def _soc(runs: Runs, soc_percent: float | None, at_s: float, plug_s: float) -> Runs:
    if soc_percent is None or not 0.0 <= soc_percent <= 100.0:  # noqa: PLR2004
        return runs
    return _growing(runs, soc_percent, at_s, SOC_SLACK_PERCENT, plug_s)
