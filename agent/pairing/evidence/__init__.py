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
from agent.pairing.tracks import Car, Charger, Session

MAC_POINTS, CARD_POINTS = 8.0, 5.5
"""A card is lent now and then; a MAC address is cloned rarely."""

MAC_DIGITS = 12
CONTACT_SOC = 3.5

__all__ = ["COINCIDENCE", "Item", "Items", "has_contact", "weigh"]


def weigh(
    car: Car,
    charger: Charger,
    session: Session,
    who: PairingCar,
    site: PairingCharger,
    owners: Mapping[str, str],
) -> Items:
    """All that speaks for and against the car.

    Args:
        owners: token -> car, normalised.
    """
    items: list[Item] = []
    plugged = plug(car.plugged, session, who.id, _delivered_s(charger, session))
    counted = plugged is not None and plugged.points >= COINCIDENCE
    if plugged is not None:
        items.append(plugged)
    theirs, ours = since(car.charging, session), since(charger.charging, session)
    moves = transitions(theirs, ours, session, plug_counted=counted)
    tied = counted or any(m.points >= COINCIDENCE for m in moves)
    items += moves
    found = (
        state(theirs, ours, session, coincidence=tied),
        rate(since(car.power_w, session), since(charger.power_w, session), coincidence=tied),
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
    points = {(item.kind, item.says): item.points for item in items}
    direct = ("plug", "replug", "together", "bound", "carried")
    if any(said in direct and value >= COINCIDENCE for (_, said), value in points.items()):
        return True
    agreed = points.get(("state", "agreement"), 0.0) + points.get(("energy", "level"), 0.0)
    return ("state", "agreement") in points and agreed > CONTACT_SOC


def _delivered_s(charger: Charger, session: Session) -> float:
    return sum(
        max(0.0, run.until_s - max(run.since_s, session.plug_s))
        for run in charger.charging
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
