"""What speaks for one car on one charger, as log-likelihood ratios.

Each item compares "this car hangs here" with "it hangs on none of our chargers". The constants
are hand-set: rates of a private car, and what simulated household-months with late, rounded and
wrong data left of each kind. What has one cause (plug, first start, state, power and level of a
car that charges anywhere) does not add up: after a coincidence in time the rest counts little.
"""

from collections.abc import Mapping

from agent.model.pairs import PairingCar, PairingCharger
from agent.pairing.evidence.charging import rate, since, state, transitions
from agent.pairing.evidence.energy import level
from agent.pairing.evidence.items import COINCIDENCE, Item, Items
from agent.pairing.evidence.place import place
from agent.pairing.evidence.plug import plug
from agent.pairing.runs import Runs
from agent.pairing.tracks import Car, Charger, Session

MAC_POINTS, CARD_POINTS = 8.0, 5.5
"""A card is lent now and then; a MAC address is cloned rarely."""

MAC_DIGITS = 12
CONTACT_TOGETHER = 3.5
HINT = 1.0
"""From there on car and charger did something together, and what follows of it is no news."""

DIRECT = ("plug", "replug", "together", "bound", "carried")

__all__ = ["COINCIDENCE", "Item", "Items", "has_contact", "weigh"]


def weigh(
    car: Car,
    charger: Charger,
    session: Session,
    who: PairingCar,
    site: PairingCharger,
    owners: Mapping[str, str],
    now_s: float,
) -> Items:
    """All that speaks for and against the car.

    Args:
        owners: token -> car, normalised.
    """
    items: list[Item] = []
    plugged = plug(car.plugged, session, who.id, _delivered_s(charger, session, now_s))
    says = None if plugged is None else plugged.says
    counted = plugged is not None and says == "plug" and plugged.points >= COINCIDENCE
    gone = says == "unplugged"
    if plugged is not None:
        items.append(plugged)
    theirs, ours = (
        since(car.charging, session),
        _held(since(charger.charging, session), charger, now_s),
    )
    moves = transitions(theirs, ours, session, plug_counted=counted or gone)
    hints = sum(max(0.0, i.points) for i in items if i.says == "plug")
    hints += sum(max(0.0, move.points) for move in moves)
    tied = hints >= HINT
    items += moves
    items += state(theirs, ours, session, coincidence=tied)
    found = (
        rate(
            since(car.power_w, session),
            _held(since(charger.power_w, session), charger, now_s),
            coincidence=tied,
        ),
        level(car.soc_percent, charger.energy_wh, session, who, coincidence=tied),
        _token(session, who, owners),
    )
    items += [item for item in found if item is not None]
    items += place(car.places, session, site, coincidence=tied)
    carried = dict(session.carried).get(who.id)
    if carried:
        items.append(Item("carried", carried, "carried", ()))
    return tuple(items)


def has_contact(items: Items) -> bool:
    """Whether anything ties this car to this charger, beyond being at home and charging."""
    points = {item.says: item.points for item in items if item.points > 0}
    if sum(points.get(said, 0.0) for said in DIRECT) >= COINCIDENCE:
        return True
    agreed = points.get("agreement", 0.0)
    return agreed > 0 and agreed + points.get("level", 0.0) > CONTACT_TOGETHER


def _held(runs: Runs, charger: Charger, now_s: float) -> Runs:
    """A charger that is there and says nothing does what it did."""
    if not runs or (charger.lost_s is not None and charger.back_s is None):
        return runs
    return (*runs[:-1], runs[-1]._replace(until_s=max(now_s, runs[-1].until_s)))


def _delivered_s(charger: Charger, session: Session, now_s: float) -> float:
    return sum(
        max(0.0, run.until_s - max(run.since_s, session.plug_s))
        for run in _held(charger.charging, charger, now_s)
        if run.value
    )


def token_key(token: str) -> str:
    """As it is compared: chargers write one token in several ways."""
    return "".join(letter for letter in token.upper() if letter.isalnum()).removeprefix("VID")


def _token(session: Session, who: PairingCar, owners: Mapping[str, str]) -> Item | None:
    if session.token is None:
        return None
    key = token_key(session.token)
    owner = owners.get(key)
    if owner is None:
        return None
    mac = len(key) == MAC_DIGITS and all(letter in "0123456789ABCDEF" for letter in key)
    points = MAC_POINTS if mac else CARD_POINTS
    if owner == who.id:
        return Item("token", points, "bound", ())
    return Item("token", -points, "bound-elsewhere", ())
