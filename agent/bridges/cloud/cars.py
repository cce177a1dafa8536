"""Cars that the cloud sends down, those of the installer's file and those that it brings along."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import orjson

from agent.bridges.documents import Sender, Unreadable, device_id, parse, public_id, read_vehicle_in
from agent.model.clock import Clock
from agent.model.driver import DeviceInfo, Notebook, Report
from agent.model.picture import Picture
from agent.model.readings import DeviceId, DeviceKind
from agent.watched import Watched

MOST_CARS: Final = 50
KEEP_EVERY_S: Final = 600.0
TOPIC: Final = "cloud_cars"
CLOUD: Final = "cloud"


class Cars:
    """What was heard last is kept, so that a car is known after a restart, with its true age.

    Args:
    notebook: where it is kept.
    known: the cloud's id of a car -> its name in the installer's file.
    new_car: makes the DeviceInfo of a car that stands in no file; `meet` takes it in.
    """

    def __init__(
        self,
        sender: Sender,
        pictures: Watched[Picture],
        clock: Clock,
        known: Mapping[str, DeviceId],
        new_car: Callable[[DeviceId, str], DeviceInfo],
        meet: Callable[[DeviceInfo], None],
        report: Report,
        notebook: Notebook,
    ) -> None:
        self._sender, self._pictures, self._clock = sender, pictures, clock
        self._known, self._new_car = known, new_car
        self._meet, self._report, self._notebook = meet, report, notebook
        self._kept_mono_s: dict[str, float] = {}

    async def recall(self) -> None:
        """Report what was heard before the last stop, once."""
        notes = await self._notebook.read_notes(TOPIC)
        for resource_id, note in notes.items():
            if resource_id not in self._kept_mono_s:
                self._kept_mono_s[resource_id] = self._clock.now().mono_s
                with suppress(Unreadable):  # it has another source by now
                    await self._take(resource_id, orjson.dumps(note))

    async def hear(self, resource_id: str, payload: bytes) -> None:
        """
        Raises:
            Unreadable: nothing was taken.
        """
        await self._take(resource_id, payload)
        now_mono_s = self._clock.now().mono_s
        if now_mono_s - self._kept_mono_s.get(resource_id, float("-inf")) >= KEEP_EVERY_S:
            self._kept_mono_s[resource_id] = now_mono_s
            await self._notebook.write_note(TOPIC, resource_id, parse(payload).values)

    async def _take(self, resource_id: str, payload: bytes) -> None:
        picture = self._pictures.value
        info, new = self._find(resource_id, picture), False
        if info is None:
            info, new = self._stranger(resource_id, payload, picture), True
        seen = picture.snapshot.get(info.id)
        readings = read_vehicle_in(info.id, payload, self._clock.now(), seen)
        if new:
            self._meet(info)
        for reading in readings:
            await self._report(reading)

    def _find(self, resource_id: str, picture: Picture) -> DeviceInfo | None:
        """
        Raises:
            Unreadable: it is no car, or one that speaks for itself.
        """
        named, wanted = self._known.get(resource_id), resource_id.lower()
        for info in picture.devices:
            if info.id != named and device_id(self._sender.agent_id, info.id) != wanted:
                continue
            if info.kind is not DeviceKind.VEHICLE:
                raise Unreadable("", f"is meant for {info.id}, a {info.kind.value}", "send cars")
            if info.driver != CLOUD:
                remedy = "its vehicles entry in the config file would need source: cloud"
                raise Unreadable("", f"is meant for {info.id}, which has another source", remedy)
            return info
        return None

    def _stranger(self, resource_id: str, payload: bytes, picture: Picture) -> DeviceInfo:
        """
        Raises:
            Unreadable: its id is none, or there are too many.
        """
        device = DeviceId(public_id(self._sender.agent_id, "device", resource_id))
        if device != resource_id.lower():
            raise Unreadable("", f"has the id {resource_id}", "give a car a UUID as its id")
        if sum(info.driver == CLOUD for info in picture.devices) >= MOST_CARS:
            raise Unreadable("", "is one car too many", f"send at most {MOST_CARS} cars")
        about = parse(payload).find_part("information")
        name = None if about is None else about.find_text("displayName")
        return self._new_car(device, name or "Car")
