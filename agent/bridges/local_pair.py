"""What a person at this machine says of the car on a charger."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

from agent.bridges import belief
from agent.bridges.why import NoSuchDevice, find
from agent.model.driver import DeviceInfo
from agent.model.intents import Answer, AskProbe, CorrectPair, Intent, PinPair
from agent.model.picture import Picture
from agent.model.readings import DeviceKind
from agent.watched import Watched

GUEST: Final = "guest"
NOT_MINE: Final = "not-mine"
AUTOMATIC: Final = "automatic"
FIND_OUT: Final = "find-out"

Submit = Callable[[Intent], Awaitable[Answer]]
LOOK_S: Final = 2.0


async def take(asked: dict[str, Any], pictures: Watched[Picture], submit: Submit) -> dict[str, Any]:
    """The answer for the asker: what is held now, or the problem."""
    try:
        intent = _intent(asked, pictures.value)
    except NoSuchDevice as error:
        return {"problem": str(error)}
    before = pictures.value
    answer = await submit(intent)
    if answer.problem is not None:
        return {"problem": answer.problem}
    after = await _next(pictures, before)
    if isinstance(intent, AskProbe):
        return _probed(answer, find(intent.device, after))
    info = find(intent.charger, after)
    held = belief.document(intent.charger, after)
    says = "nothing is plugged in" if held is None else held["says"]
    return {"ok": True, "name": info.name, "says": says, "pairing": held}


def _probed(answer: Answer, info: DeviceInfo) -> dict[str, Any]:
    """What is done now to find out."""
    amps = None if answer.action is None else answer.action.value
    steps = isinstance(amps, float) and amps > 0
    does = f"charging with {amps:g} A" if steps else "pausing"
    says = f"{does} for a while, to see which car this is; hearth why {info.id} tells the outcome"
    return {"ok": True, "name": info.name, "says": says, "pairing": None}


def _intent(asked: dict[str, Any], picture: Picture) -> CorrectPair | PinPair | AskProbe:
    """
    Raises:
        NoSuchDevice
    """
    charger = find(str(asked["charger"]), picture, DeviceKind.CHARGER).id
    word, always = str(asked["car"]), asked.get("always") is True
    if word == AUTOMATIC:
        if always:
            return PinPair(charger=charger, vehicle=None)
        return CorrectPair(charger=charger, vehicle=None, undo=True)
    if word == FIND_OUT and not always:
        return AskProbe(device=charger)
    if word in (GUEST, NOT_MINE, FIND_OUT):
        if always:
            raise NoSuchDevice(f"only a car can hang on {charger} always; leave --always out")
        guest = word == GUEST
        return CorrectPair(
            charger=charger, vehicle=None, guest=guest, undo=None if guest else False
        )
    car = find(word, picture, DeviceKind.VEHICLE).id
    if always:
        return PinPair(charger=charger, vehicle=car)
    return CorrectPair(charger=charger, vehicle=car)


async def _next(pictures: Watched[Picture], before: Picture) -> Picture:
    """The first picture after the word was taken; the old one if none comes soon."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            async for picture in pictures.changes():
                if picture is not before:
                    return picture
    return pictures.value
