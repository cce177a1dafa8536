"""After a session that was certain: how its car told of it."""

from collections.abc import Set as AbstractSet
from types import MappingProxyType

from agent.model.pairs import LockedBy, PairingCar
from agent.model.readings import DeviceId
from agent.pairing.altering import altered
from agent.pairing.delays import LATE_S, MINUTE_S, curve, parts
from agent.pairing.evidence import Items, token_key
from agent.pairing.evidence.charging import LEAST_W, beside
from agent.pairing.evidence.energy import rise
from agent.pairing.evidence.fingerprint import first_power_w, hour_of
from agent.pairing.judging import STRANGER
from agent.pairing.memory import Held, Memory
from agent.pairing.reporting import (
    NOTHING,
    Reporting,
    delay_shares,
    faded,
    with_hour,
    with_level,
)
from agent.pairing.runs import flips, overlap_s
from agent.pairing.tracks import Car, Charger, Session

CERTAIN, STRANGERS_FOR = 0.97, 0.9
WORTH_S, NEVER_AFTER_S = 600.0, 3600.0
PLACE_KINDS = frozenset({"location", "arrival"})
WITHOUT_PLACE, KINDS = 4.5, 2
"""From a session teaches what a position is worth only if it was certain without any."""

RATIO, RISE, WORTH_PERCENT = (0.2, 1.4), (0.5, 1.6), 10.0
RATIOS = 20.0
"""Newer sessions count more than older ones beyond so many."""


def taught(after: Memory, before: Memory, ended: AbstractSet[DeviceId]) -> Memory:
    """With what the sessions that ended teach about their cars, or about strangers."""
    reports = dict(after.reports)
    for charger in ended:
        track, held = before.chargers[charger], before.held.get(charger)
        session, now = track.session, after.now
        if session is None or held is None or now is None or session.after_s is None:
            continue
        if now.mono_s - session.plug_s < WORTH_S:
            continue
        hour = hour_of(session.plug_s, now.mono_s, now.at.hour + now.at.minute / 60)
        who = _whose(held)
        if who == STRANGER:
            stranger = _met(reports.get(who, NOTHING), track, session, hour)
            reports[who] = _let_in(stranger, session, before)
        elif who is not None and who in before.cars:
            car = next(c for c in before.settings.cars if c.id == who)
            told = _Told(before.cars[who], track, session, car, held.items.get(who, ()))
            reports[who] = told.taught(_met(reports.get(who, NOTHING), track, session, hour))
    return after if reports == after.reports else altered(after, reports=MappingProxyType(reports))


def _whose(held: Held) -> DeviceId | None:
    if held.locked_by is LockedBy.MANUAL:
        return held.vehicle or STRANGER
    best = max(held.shares, key=lambda car: held.shares[car], default=None)
    if best is not None and (held.shares[best] >= CERTAIN or held.vehicle == best):
        return best
    if sum(held.shares.values()) < 1.0 - STRANGERS_FOR:
        return STRANGER
    return None


def _met(of: Reporting, track: Charger, session: Session, hour: int) -> Reporting:
    """What the charger alone shows."""
    power_w = first_power_w(track.power_w, session)
    levels = of.levels if power_w is None else with_level(of.levels, power_w, 1.0)
    return altered(of, levels=levels, hours=with_hour(of.hours, hour, 1.0))


def _let_in(of: Reporting, session: Session, memory: Memory) -> Reporting:
    """Whether a stranger came with a card of the house."""
    token = session.token
    ours = token is not None and token_key(token) in memory.owners
    shown, missing = faded((of.tokens[0] + ours, of.tokens[1] + (not ours)))
    return altered(of, tokens=(shown, missing))


class _Told:
    """What a car told of a session that was certainly its own."""

    def __init__(
        self, car: Car, track: Charger, session: Session, who: PairingCar, items: Items
    ) -> None:
        self._car, self._track, self._session = car, track, session
        self._who, self._items = who, items

    def taught(self, of: Reporting) -> Reporting:
        return altered(
            of,
            delays=self._delays(of),
            places=self._places(of),
            stuck=self._stuck(of),
            soon=self._soon(of),
            tokens=self._tokens(of),
            ratio=self._ratio(of),
            capacity=self._capacity(of),
        )

    def _delays(self, of: Reporting) -> tuple[float, ...]:
        """One more plug, shared out among the kinds of delay that its interval allows."""
        plug_s, counts = self._session.plug_s, list(of.delays)
        ups = [f for f in flips(self._car.plugged) if f.value and f.by_s > plug_s - 20 * MINUTE_S]
        if not self._session.exact or not self._car.plugged:
            return of.delays
        if not ups:
            last = self._car.plugged[-1]
            counts[-1] += not last.value and last.until_s > plug_s + NEVER_AFTER_S
            return faded(tuple(counts))
        first = ups[0]
        after_s = min(first.after_s, first.by_s - 1.0)
        shares = parts(curve(delay_shares(of.delays)), after_s - plug_s, first.by_s - plug_s)
        for kind, share in enumerate(shares):
            counts[kind] += share
        return faded(tuple(counts))

    def _places(self, of: Reporting) -> tuple[float, float]:
        told = next((i for i in self._items if i.kind == "location"), None)
        others = [i for i in self._items if i.kind not in PLACE_KINDS and i.points > 0]
        sure = sum(i.points for i in others) >= WITHOUT_PLACE
        if told is None or not sure or len({i.kind for i in others}) < KINDS:
            return of.places
        bad, total = of.places
        wrong, total = faded((bad + (told.points < 0), total - bad + (told.points >= 0)))
        return wrong, wrong + total

    def _soon(self, of: Reporting) -> tuple[float, float]:
        """Whether its first word since the plug came within 20 minutes."""
        plug_s, runs = self._session.plug_s, self._car.plugged or self._car.charging
        words_s = [max(run.since_s, plug_s) for run in runs if run.until_s > plug_s]
        if not words_s:
            return of.soon
        first_s = words_s[0]
        soon, later = of.soon
        within = first_s - plug_s <= LATE_S
        soon, later = faded((soon + within, later + (not within)))
        return soon, later

    def _stuck(self, of: Reporting) -> tuple[float, float]:
        said = {i.says for i in self._items if i.kind == "plug-in"}
        up, free = of.stuck
        up, free = faded((up + ("since-before" in said), free + ("plug" in said)))
        return up, free

    def _tokens(self, of: Reporting) -> tuple[float, float]:
        if not self._who.id_tokens:
            return of.tokens
        token = self._session.token
        own = token is not None and token_key(token) in {token_key(t) for t in self._who.id_tokens}
        shown, missing = of.tokens
        shown, missing = faded((shown + own, missing + (token is None)))
        return shown, missing

    def _ratio(self, of: Reporting) -> tuple[float, float, float]:
        """The longest common level of this session."""
        best: tuple[float, float] | None = None
        ours = [r for r in self._track.power_w if r.until_s > self._session.plug_s]
        for run in self._car.power_w:
            if run.until_s < self._session.plug_s or run.value < LEAST_W:
                continue
            here = beside(run, tuple(ours))
            if here is None:
                continue
            common_s = overlap_s(run, here.since_s, here.until_s)
            ratio = run.value / here.value
            if RATIO[0] < ratio < RATIO[1] and (best is None or common_s > best[0]):
                best = (common_s, ratio)
        return of.ratio if best is None else _one_more(of.ratio, best[1])

    def _capacity(self, of: Reporting) -> tuple[float, float, float]:
        told = rise(self._car.soc_percent, self._track.energy_wh, self._session, self._who)
        if told is None or told[2] < WORTH_PERCENT or not RISE[0] < told[1] / told[2] < RISE[1]:
            return of.capacity
        return _one_more(of.capacity, told[1] / told[2])


def _one_more(of: tuple[float, float, float], ratio: float) -> tuple[float, float, float]:
    weight, total, squares = of
    scale = min(1.0, RATIOS / (weight + 1.0))
    return ((weight + 1) * scale, (total + ratio) * scale, (squares + ratio * ratio) * scale)
