"""A house with a cloud: real control, real database, the real bridge, and a judge over there.

The judge is the cloud of the simulators on its own database; only the wire is between them.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from agent.bridges.cloud import Cloud, CloudOptions
from agent.bridges.documents import HouseHerald, Sender
from agent.bridges.documents.envelopes import Envelopes
from agent.clock import SystemClock
from agent.control import Control
from agent.control.state import cloud_car
from agent.house import House
from agent.model.clock import Clock, Now
from agent.model.driver import DeviceInfo, Report
from agent.model.intents import ChargerMode, CurrentLimit
from agent.model.readings import (
    ChargerReading,
    DeviceId,
    DeviceKind,
    MeterReading,
    PowerDelivery,
)
from agent.model.targets import ChargerTarget, Target
from agent.model.wishes import ChargerWish, Wishes
from agent.plan.settings import ChargerSettings, PlanSettings
from agent.store import Change, Store
from agent.supervise import Pauses, keep_running
from drivers.mqtt_link import Server
from simulators.clock import SimClock
from simulators.cloud import service
from simulators.cloud.link import Broker
from simulators.cloud.nasty import Nasty
from simulators.cloud.orders import Command, desired, new_request_id, vehicle_in
from simulators.cloud.store import Store as Archive

AGENT = "house-1"
GARAGE, GRID, ZOE = DeviceId("garage"), DeviceId("grid"), DeviceId("zoe")
OTHER = "5d2c1f6e-6f3c-4a53-9b7e-1f0d6c0f7a10"
ZOE_THERE = "0b9ecf92-77a1-4c75-8d5c-2f3f2dbb8a51"
SENDER = Sender(agent_id=AGENT, user_id="family")
DEVICES = (
    DeviceInfo(id=GARAGE, kind=DeviceKind.CHARGER, name="Garage", driver="test"),
    DeviceInfo(id=GRID, kind=DeviceKind.METER, name="Grid", driver="test"),
    DeviceInfo(id=ZOE, kind=DeviceKind.VEHICLE, name="Zoe", driver="cloud"),
)
WITHIN_S = 10.0
QUICK = Pauses(first_s=0.05, longest_s=0.3, least_share=0.5, most_share=1.0)
Json = dict[str, Any]


class JumpClock:
    """The machine's clock, whose wall a test may move."""

    def __init__(self, speed: float = 1.0) -> None:
        self._real, self.off, self.trusted, self._speed = SystemClock(), timedelta(), True, speed
        self._began = self._real.now()

    def now(self) -> Now:
        real = self._real.now()
        more_s = (real.mono_s - self._began.mono_s) * (self._speed - 1)
        at = real.at + self.off + timedelta(seconds=more_s)
        return Now(at=at, mono_s=real.mono_s + more_s, trusted=self.trusted)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / self._speed)


class Box:
    """A charger that does what it is told, and a meter."""

    name = "box"
    devices: Sequence[DeviceInfo] = DEVICES[:2]

    def __init__(self, house: House, clock: Clock) -> None:
        self._house, self._clock = house, clock
        self.told: list[Target] = []
        self.plugged = True

    async def run(self, report: Report) -> None:
        """Nothing to listen to."""

    async def make_safe(self) -> None:
        """Nothing is at risk."""

    async def send(self, target: Target) -> None:
        self.told.append(target)
        if isinstance(target, ChargerTarget):
            await self.show(charging=bool(target.charging), limit_a=target.max_current_a)

    async def show(self, *, charging: bool = False, limit_a: float | None = None) -> None:
        state = PowerDelivery.CHARGING if charging else PowerDelivery.STOPPED
        now = self._clock.now()
        await self._house.report(
            ChargerReading(
                device=GARAGE,
                at=now.at,
                mono_s=now.mono_s,
                reachable=True,
                power_delivery=state if self.plugged else PowerDelivery.UNPLUGGED,
                power_w=6900.0 if charging else 0.0,
                max_current_a=limit_a,
            )
        )

    async def meter(self, power_w: float) -> None:
        now = self._clock.now()
        await self._house.report(
            MeterReading(device=GRID, at=now.at, mono_s=now.mono_s, reachable=True, power_w=power_w)
        )


@dataclass
class Home:
    """A house that lives, and its link to the cloud."""

    store: Store
    house: House
    control: Control
    box: Box
    clock: Clock
    cloud: Cloud
    link_states: list[str] = field(default_factory=list)
    _rev: int = 0

    async def plug(self, times: int = 1) -> None:
        """In and out: as many changes of the charger."""
        for _ in range(times):
            self.box.plugged = not self.box.plugged
            await self.box.show()
            await asyncio.sleep(0.02)

    async def tell(self, count: int, resource: str = OTHER, *, coalesces: bool = False) -> None:
        """Events of a resource, with nothing behind them; on disk when this returns."""
        now, envelopes, events = self.clock.now(), Envelopes(SENDER), []
        for _ in range(count):
            self._rev += 1
            content = {"charger": {"id": resource, "number": self._rev}}
            event = envelopes.event(
                "user:charger:updated", ("charger", resource), self._rev, now, content, []
            )
            events.append(replace(event, coalesces=coalesces))
        await self.store.save(Change(events=tuple(events)))

    async def limit(self, *limits_a: float) -> None:
        """A person sets the charger's limit; each is an Action."""
        for limit_a in limits_a:
            await self.control.submit(CurrentLimit(device=GARAGE, max_current_a=limit_a))

    async def delivered(self, within_s: float = WITHIN_S) -> None:
        """Wait until the cloud has all events."""
        await self.store.flush()
        outbox = self.store.outbox
        await until(lambda: outbox.last_seq and not outbox.pending, "all events acked", within_s)


@asynccontextmanager
async def home(
    folder: Path,
    port: int,
    *,
    clock: Clock | None = None,
    server: Mapping[str, Any] | None = None,
    options: Mapping[str, Any] | None = None,
    sender: Sender = SENDER,
    **store: Any,
) -> AsyncIterator[Home]:
    """A house at a broker. Entered again on the same folder, it is the same house after a stop.

    Args:
        server, options: other than usual.
    """
    clock = clock or JumpClock()
    opened = await Store.open(folder / "hearth.db", clock, **{"commit_every_s": 1} | store)
    persisted = await opened.load()
    house, herald = House(), HouseHerald(sender, persisted.resources)
    opened.herald = herald
    box = Box(house, clock)
    control = Control(
        house=house,
        store=opened,
        clock=clock,
        settings=PlanSettings(
            fuse_a=63.0, grid_meter=GRID, devices=DEVICES, chargers={GARAGE: ChargerSettings()}
        ),
        wishes=Wishes(chargers={GARAGE: ChargerWish(mode=ChargerMode.OFF)}),
        drivers={GARAGE: box},
        persisted=persisted,
        herald=herald,
    )
    usual: Json = {
        "client_id": f"hearth-{sender.agent_id}",
        "config_rev": "1",
        "telemetry_every_s": 0.3,
        "cars": {ZOE_THERE: ZOE},
        "new_car": cloud_car,
        "backlog_wait_s": 0.0,
        "again_after_s": 1.0,
    }
    cloud = Cloud(
        server=replace(Server(host="127.0.0.1", port=port, setting="cloud"), **(server or {})),
        sender=sender,
        options=CloudOptions(**(usual | dict(options or {}))),
        store=opened,
        pictures=control.pictures,
        submit=control.submit,
        meet=control.meet,
        report=house.report,
        clock=clock,
        told=persisted.resources,
    )
    here = Home(opened, house, control, box, clock, cloud)

    def link_state(state: str) -> None:
        here.link_states.append(state)
        control.driver_state("cloud", state)

    jobs: list[Callable[[], Any]] = [opened.run, control.run, control.heartbeat, control.write]
    jobs += [partial(control.bookkeeper.sample, house)]
    jobs += [partial(keep_running, o.name, o.run) for o in control.outlets.values()]
    jobs += [partial(keep_running, "cloud", cloud.run, link_state, QUICK)]
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(_run(job)) for job in jobs]
        await box.show()
        try:
            yield here
        finally:
            for task in tasks:
                task.cancel()
    await opened.close()


@dataclass
class Judge:
    """The cloud over there."""

    service: service.Cloud

    async def report(self, agent: str = AGENT) -> Json:
        found = await self.service.report()
        return dict(found["agents"].get(agent, {})) | {"clean": found["clean"]}

    async def finds(self, true: Callable[[Json], object], within_s: float = WITHIN_S) -> Json:
        """Wait until the report on the house is so."""
        end_s = asyncio.get_running_loop().time() + within_s
        found = await self.report()
        while not true(found):
            assert asyncio.get_running_loop().time() < end_s, found
            await asyncio.sleep(0.02)
            found = await self.report()
        return found

    async def meets(self, home: Home) -> None:
        """Wait until that house has subscribed and said that it is there."""
        await self.finds(lambda r: r.get("online") and r["bootId"] == home.store.run_id)

    async def proves(self, home: Home) -> Json:
        """Everything that the house told has arrived, once and in order; returns the report.

        Samples that were lost on the way may still be a hole that is about to be filled.
        """
        await home.store.flush()
        last = home.store.outbox.last_seq
        await home.delivered()
        found = await self.finds(lambda r: r["clean"])
        wrong = {k: found[k] for k in ("missing", "duplicated", "disordered", "conflicts")}
        assert not any(wrong.values()), found
        assert found["acked"] >= last, found
        return found

    async def send(
        self, command: str, body: Json, request_id: str | None = None, **more: Any
    ) -> Json | None:
        """Give a command; returns its result, None if none comes."""
        wait_s = more.pop("wait_s", WITHIN_S)
        order = Command(
            agent=AGENT,
            command=command,
            body=body,
            request_id=request_id or new_request_id(),
            **more,
        )
        return await self.service.send(order, wait_s)

    async def desired(
        self, kind: str, name: str, rev: int, body: Json | None, *, deleted: bool = False
    ) -> None:
        here = self.service.connected()
        await desired(here, AGENT, kind, name, rev, body, deleted=deleted)

    async def vehicle_in(self, name: str, body: Json) -> None:
        await vehicle_in(self.service.connected(), AGENT, name, body)

    async def documents(self, under: str) -> Json:
        found: Json = await self.service.look(lambda s: s.documents(AGENT, under))
        return found

    async def events(self) -> list[Json]:
        found: list[Json] = await self.service.look(lambda s: s.events(AGENT, 1, 10_000))
        return found

    async def shows(self, topic: str, true: Callable[[Json], object]) -> Json:
        """Wait until a retained document is so."""
        end_s = asyncio.get_running_loop().time() + WITHIN_S
        while not (document := (await self.documents(topic)).get(topic)) or not true(document):
            assert asyncio.get_running_loop().time() < end_s, f"{topic} is {document}"
            await asyncio.sleep(0.03)
        found: Json = document
        return found


@asynccontextmanager
async def judge(
    folder: Path,
    port: int,
    *,
    broker: Mapping[str, Any] | None = None,
    clock: SimClock | None = None,
    **nasty: Any,
) -> AsyncIterator[Judge]:
    """Args:
    broker: how it is reached, other than usual.
    nasty: its bad manners.
    """
    archive = Archive(folder / "cloud.db")
    over_there = service.Cloud(
        store=archive,
        there=replace(Broker(host="127.0.0.1", port=port, protocol="5"), **(broker or {})),
        nasty=Nasty(**nasty),
        client_id=archive.client_id(),
        clock=clock,
        patience_s=0.3,
    )
    ready = asyncio.Event()
    over_there.on_ready = lambda _protocol: ready.set()
    task = asyncio.create_task(over_there.run())
    try:
        async with asyncio.timeout(WITHIN_S):
            await ready.wait()
        yield Judge(over_there)
    finally:
        task.cancel()
        await asyncio.wait([task])
        archive.close()
    if not task.cancelled():
        task.result()


async def _run(job: Callable[[], Any]) -> None:
    await job()


async def until(true: Callable[[], object], what: str, within_s: float = WITHIN_S) -> None:
    end_s = asyncio.get_running_loop().time() + within_s
    while not true():
        assert asyncio.get_running_loop().time() < end_s, f"never: {what}"
        await asyncio.sleep(0.02)
