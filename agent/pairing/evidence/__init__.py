"""What speaks for one car on one charger, as log-likelihood ratios.

Each item compares "this car hangs here" with "it hangs on none of our chargers". The constants
are hand-set: rates of a private car, and what simulated household-months with late, rounded and
wrong data left of each kind. What has one cause (plug, first start, state, power and level of a
car that charges anywhere) does not add up: after a coincidence in time the rest counts little.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import inf, log
from typing import NamedTuple

from agent.model.pairs import PairingCar, PairingCharger
from agent.pairing.delays import LATE_S, Curve, curve
from agent.pairing.evidence.charging import rate, since, state, transitions
from agent.pairing.evidence.echo import echo
from agent.pairing.evidence.energy import level
from agent.pairing.evidence.fingerprint import (
    HOUR_S,
    hour_of,
    missing_token,
    too_strong,
    usual_hour,
    usual_power,
)
from agent.pairing.evidence.flags import believed
from agent.pairing.evidence.items import COINCIDENCE, Item, Items
from agent.pairing.evidence.left import left, without_ties
from agent.pairing.evidence.place import place
from agent.pairing.evidence.plug import plug
from agent.pairing.reporting import (
    SILENT_ELSEWHERE,
    Reporting,
    bad_place,
    delay_shares,
    late_word,
    lent,
    power_ratio,
    rise_ratio,
    stuck,
)
from agent.pairing.runs import Run, Runs, flips
from agent.pairing.tracks import Car, Charger, Session

MAC_POINTS, ONLY_CARD_POINTS = 8.0, 5.5
"""A MAC address is cloned rarely. A car of which nothing was ever heard can only be known by its
card, and whoever binds a card to such a car wants it to count."""

OWN_CARD, ANOTHERS_CARD, ANOTHERS_MOST = 0.95, 0.01, -2.0
"""Of the sessions in which a card of the house is shown: how often it is the car's own, and how
often it is that of another car, taken by mistake or since it lay nearer; judgement."""

MAC_DIGITS = 12
CONTACT_TOGETHER = 3.5
DEAD_S = 129_600.0
"""A source that was silent for so long before the plug tells nothing by its silence."""

HINT, NEAR_S = 1.0, 900.0
ELSEWHERE = ("plug", "since-before")
"""A cable hangs in the car at any rate; that it charges then is no news."""

FOLLOWS, FOLLOWS_MOST = frozenset({"together", "agreement", "same-rate", "level"}), 1.2
"""From there on car and charger did something together, and what follows of it is no news."""

DIRECT = ("plug", "replug", "together", "echo", "bound", "carried")

__all__ = ["COINCIDENCE", "DEAD_S", "Item", "Items", "Known", "has_contact", "weigh"]


class Known(NamedTuple):
    """
    Args:
        car, strangers: how they report, as learned.
        owners: token -> car, normalised.
        now_hour: of the day, UTC.
    """

    car: Reporting
    strangers: Reporting
    owners: Mapping[str, str]
    now_s: float
    now_hour: float

    @property
    def past_hour_s(self) -> float:
        """What a monotonic instant must be lessened by to be seconds past a full hour."""
        return (self.now_s - self.now_hour * HOUR_S) % HOUR_S

    def hour(self, at_s: float) -> int:
        return hour_of(at_s, self.now_s, self.now_hour)


def weigh(
    car: Car,
    charger: Charger,
    session: Session,
    who: PairingCar,
    site: PairingCharger,
    known: Known,
) -> Items:
    """All that speaks for and against the car."""
    now_s, late, hangs = known.now_s, _curve(known.car.delays), stuck(known.car)
    ours = _held(since(charger.charging, session), charger, now_s)
    theirs = since(car.charging, session)
    given = _held(charger.power_w, charger, now_s)
    plugged = plug(car.plugged, session, who.id, _delivered_s(ours, session), late, hangs)
    plugged = believed(plugged, car, session, hangs)
    counted = plugged is not None and _tells_start(plugged)
    moves = transitions(theirs, ours, session, late, known.past_hour_s, plug_counted=counted)
    tied = _hinted(plugged, moves) or _near(theirs, ours)
    items = [] if plugged is None else [plugged]
    items += moves
    items += state(theirs, ours, session, coincidence=tied)
    items += echo(car.power_w, given, charger.commands_s, session, late)
    items += _figures(car, charger, session, who, known, given, tied=tied)
    if tied:
        items = _one_event(items)
    flag = car.plugged or car.charging  # what charges stands, too
    stays = bool(flag) and bool(flag[-1].value)
    items += place(car.places, session, site, bad_place(known.car), coincidence=tied, plugged=stays)
    carried = dict(session.carried).get(who.id)
    if carried:
        items.append(Item("carried", carried, "carried", ()))
    went = left(car, charger, session, site)
    return tuple(items) if went is None else without_ties(tuple(items), went)


def _tells_start(plugged: Item) -> bool:
    """Whether what the plug says has told of the first start of charging already."""
    match plugged.says:
        case "plug":
            return plugged.points >= COINCIDENCE
        case "replug":
            return plugged.points < COINCIDENCE
        case says:
            return says == "unplugged"


def _hinted(plugged: Item | None, moves: Iterable[Item]) -> bool:
    """Whether plug or starts point at this car, so that what follows of them is no news."""
    if plugged is not None and plugged.says in ELSEWHERE:
        return True
    return sum(max(0.0, move.points) for move in moves) >= HINT


def _figures(
    car: Car,
    charger: Charger,
    session: Session,
    who: PairingCar,
    known: Known,
    given: Runs,
    *,
    tied: bool,
) -> Iterator[Item]:
    """What powers, levels, tokens and habits say.

    Args:
        given: the charger's power.
        tied: something speaks for the car already.
    """
    powers = since(given, session)
    measured = since(car.power_w, session)
    soc_percent, counter = _while_told(car.soc_percent, charger), _grown(charger, known.now_s)
    rises = rise_ratio(known.car)
    found = (
        rate(measured, powers, power_ratio(known.car), coincidence=tied),
        level(soc_percent, counter, session, who, rises, coincidence=tied),
        _token(car, session, who, known) or missing_token(session, who, known.car, known.now_s),
        _silence(car, session, known),
        too_strong(powers, session, who),
        usual_power(powers, session, known.car, known.strangers),
        usual_hour(session, known.car, known.strangers, known.hour(session.plug_s)),
    )
    return (item for item in found if item is not None)


@lru_cache(maxsize=64)
def _curve(delays: tuple[float, ...]) -> Curve:
    """
    Args:
        delays: as they were counted of one car.
    """
    return curve(delay_shares(delays))


def has_contact(items: Items) -> bool:
    """Whether anything ties this car to this charger, beyond being at home and charging."""
    points = {item.says: item.points for item in items if item.points > 0}
    if sum(points.get(said, 0.0) for said in DIRECT) >= COINCIDENCE:
        return True
    agreed = points.get("agreement", 0.0)
    return agreed > 0 and agreed + points.get("level", 0.0) > CONTACT_TOGETHER


def _one_event(items: list[Item]) -> list[Item]:
    """After a coincidence in time, what a car that charges anywhere does too counts in all no
    more than FOLLOWS_MOST: its first start, its state, power and level."""
    following = [i for i in items if 0 < i.points <= FOLLOWS_MOST and _follows(i)]
    total = sum(i.points for i in following)
    if total <= FOLLOWS_MOST:
        return items
    scale = FOLLOWS_MOST / total
    return [i._replace(points=i.points * scale) if i in following else i for i in items]


def _follows(item: Item) -> bool:
    several_levels = item.says == "same-rate" and item.figures[2] > 1
    return item.says in FOLLOWS and not several_levels


def _silence(car: Car, session: Session, known: Known) -> Item | None:
    """It has said nothing since the plug, which is unlike what it does when it is plugged in."""
    silent_s = known.now_s - session.plug_s
    told = car.heard_s > session.plug_s or car.heard_s < session.plug_s - DEAD_S
    if session.after_s is None or told or silent_s < LATE_S:
        return None
    points = min(0.0, log(late_word(known.car) / SILENT_ELSEWHERE))
    return Item("state", points, "silent", (silent_s,))


def _near(car: Runs, charger: Runs) -> bool:
    """Both began within minutes: what follows has one cause, be it that it is another charger's."""
    theirs = [there.by_s for there in flips(car) if there.value]
    return bool(theirs) and any(
        abs(here.by_s - by_s) < NEAR_S for here in flips(charger) if here.value for by_s in theirs
    )


def _held(runs: Runs, charger: Charger, now_s: float) -> Runs:
    """A charger that is there and says nothing does what it did."""
    if not runs or (charger.lost_s is not None and charger.back_s is None):
        return runs
    value, since_s, until_s, hole_s = runs[-1]
    return (*runs[:-1], Run(value, since_s, max(now_s, until_s), hole_s))


def _grown(charger: Charger, now_s: float) -> Runs:
    """The counter up to now: a charger that tells only changes goes on with its last power."""
    runs = charger.energy_wh
    away = charger.lost_s is not None and charger.back_s is None
    if away or not runs or not charger.power_now_w or now_s <= runs[-1].until_s:
        return runs
    since_s = max(charger.power_s, runs[-1].until_s)
    wh = runs[-1].value + charger.power_now_w * (now_s - since_s) / HOUR_S
    return (*runs, Run(wh, now_s, now_s))


def _while_told(levels: Runs, charger: Charger) -> Runs:
    """What the battery held until the charger was lost: nobody counts what flows since then."""
    lost_s = charger.lost_s
    if lost_s is None or charger.back_s is not None:
        return levels
    return tuple(run for run in levels if run.until_s <= lost_s)


def _delivered_s(charging: Runs, session: Session) -> float:
    return sum(
        max(0.0, run.until_s - max(run.since_s, session.plug_s)) for run in charging if run.value
    )


def token_key(token: str) -> str:
    """As it is compared: chargers write one token in several ways."""
    return "".join(letter for letter in token.upper() if letter.isalnum()).removeprefix("VID")


def _token(car: Car, session: Session, who: PairingCar, known: Known) -> Item | None:
    if session.token is None:
        return None
    key = token_key(session.token)
    owner = known.owners.get(key)
    if owner is None:
        return None
    if len(key) == MAC_DIGITS and all(letter in "0123456789ABCDEF" for letter in key):
        points, against = MAC_POINTS, -MAC_POINTS
    elif car.heard_s == -inf:
        points, against = ONLY_CARD_POINTS, -ONLY_CARD_POINTS
    else:
        guests = lent(known.strangers) / len(set(known.owners.values()))
        points = log(OWN_CARD / guests)
        against = min(ANOTHERS_MOST, log(ANOTHERS_CARD / guests))
    if owner == who.id:
        return Item("token", points, "bound", ())
    return Item("token", against, "bound-elsewhere", ())
