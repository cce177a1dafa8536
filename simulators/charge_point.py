"""A charge point with one connector, OCPP 1.6J, 2.0.1 or 2.1, that behaves like a good box.

    python -m simulators.charge_point --csms ws://127.0.0.1:8887 --identity CP001 \\
        --house 127.0.0.1:5020

Its cable ends at a house (python -m simulators.house) or at a car of its own (--car). Events go
to standard output, one JSON line each. It sends BootNotification after its own start and resets,
not after a mere reconnect (OCPP 1.6 §4.2), then how its connectors stand. Of 2.1 it speaks what
2.0.1 knows as well.
"""

import argparse
import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from simulators.car_words import car_from
from simulators.charger.box import Box
from simulators.charger.cables import Cable, CableLost, HouseCable, OwnCar
from simulators.charger.link import CallFailed, LinkLost, OcppLink
from simulators.charger.quirks import QUIRKS
from simulators.charger.sender import Sender
from simulators.charger.transaction import Outgoing
from simulators.charger.words import Words
from simulators.clock import SimClock, iso
from simulators.ocpp16.calls import Calls16
from simulators.ocpp16.words import Words16
from simulators.ocpp201.calls import Calls201
from simulators.ocpp201.words import Words201
from simulators.process import say, until_told

_SHORTEST_TICK_S = 0.01
_FLUSH_WITHIN_S = 2.0
_BOOT_AGAIN_S = 10.0
_REPLY_FIRST_S = 0.1


class ChargePoint:
    """The box and its link, kept going by a few tasks."""

    def __init__(self, args: argparse.Namespace, cable: Cable) -> None:
        self.clock: SimClock = args.clock
        self.identity, self.args, self.cable = args.identity, args, cable
        self.registered = asyncio.Event()
        self.restart = asyncio.Event()
        self._woken = asyncio.Event()
        self.booted = False
        words, make_calls = self._language()
        self.box = Box(
            cable=cable,
            now=args.clock.now_s,
            say=self.say,
            max_current_a=args.max_a,
            words=words,
            phases=args.phases,
            swipe=args.swipe,
            quirks=frozenset(args.quirk),
            online=self.registered.is_set,
        )
        self.box.profiles.phases = args.phases
        self.box.keys.known["FreeCharging"].value = str(args.free_charging).lower()
        self.box.keys.known["MeterValueSampleInterval"].value = str(args.meter_values_s)
        calls = make_calls(
            self.box, wake=self._woken.set, reboot=self.restart.set, boot_message=self._boot_message
        )
        self.link = OcppLink(
            url=args.csms,
            identity=args.identity,
            password=args.password,
            subprotocol=words.subprotocol,
            handle=calls.handle,
            say=self.say,
        )
        self.sender = Sender(
            link=self.link,
            box=self.box,
            registered=self.registered,
            clock=args.clock,
            wake=self._woken.set,
        )

    def say(self, event: str, **more: object) -> None:
        if event != "call" or self.args.verbose:
            say({"event": event, "at": iso(self.clock.now_s()), "identity": self.identity} | more)

    def _language(self) -> tuple[Words, type[Calls16] | type[Calls201]]:
        protocol: str = self.args.protocol
        if protocol == Words16.subprotocol:
            return Words16(numbers_as_text="string-numbers" in self.args.quirk), Calls16
        return Words201(self.registered.is_set, protocol), Calls201

    def _boot_message(self) -> Outgoing:
        vendor = "" if "empty-vendor" in self.box.quirks else self.args.vendor
        payload = self.box.words.boot(vendor, self.args.model, f"SN-{self.identity}"[:25])
        return Outgoing(action="BootNotification", build=lambda: payload)

    async def run(self) -> None:
        """Live until told to stop."""
        jobs: dict[str, Callable[[], Awaitable[None]]] = {
            "link": self.link.run,
            "greet": self._greet,
            "send": self.sender.send_next,
            "heartbeat": self._heartbeat,
            "cable": lambda: self.cable.run(self._woken.set),
            "box": self._work,
            "reboot": self._reboot,
        }
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_forever(job), name=name) for name, job in jobs.items()]
            await until_told()
            await self.link.drop()
            for task in tasks:
                task.cancel()

    async def _greet(self) -> None:
        """After each connection: boot if that is due, then say how things stand."""
        await self.link.connected.wait()
        if "boot-on-reconnect" in self.box.quirks:
            self.booted = False
        while not self.booted:
            try:
                answer = await self.link.call("BootNotification", self._boot_message().build())
            except CallFailed as error:
                self.say("boot failed", why=str(error))
                await self.clock.sleep(_BOOT_AGAIN_S)
                continue
            except LinkLost:
                return
            interval_s = answer.get("interval") or 0
            self.say("boot", status=answer.get("status"), interval_s=interval_s)
            self.booted = answer.get("status") == "Accepted"
            if self.booted and interval_s:
                self.box.keys.known["HeartbeatInterval"].value = str(interval_s)
            elif not self.booted:
                await self.clock.sleep(interval_s or _BOOT_AGAIN_S)
        self.box.outbox.forget_small_talk()
        self.box.say_status(0, 1)
        self.registered.set()
        await self.link.disconnected.wait()
        self.registered.clear()

    async def _heartbeat(self) -> None:
        await self.clock.sleep(max(1, self.box.keys.number("HeartbeatInterval")))
        if self.registered.is_set() and not self.box.outbox.waiting("Heartbeat"):
            self.box.outbox.put(Outgoing(action="Heartbeat", build=dict))

    async def _work(self) -> None:
        """Step at once when something happened, and every second of house time (10 s if fast)."""
        tick_s = max(_SHORTEST_TICK_S, self.clock.step_s / self.clock.speed)
        try:
            async with asyncio.timeout(tick_s):
                await self._woken.wait()
        except TimeoutError:
            pass
        self._woken.clear()
        try:
            await self.box.step()
        except CableLost as error:
            self.say("no cable", why=str(error))
            await asyncio.sleep(0.5)

    async def _reboot(self) -> None:
        await self.restart.wait()
        self.restart.clear()
        self._woken.set()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_FLUSH_WITHIN_S):
                await asyncio.sleep(_REPLY_FIRST_S)
                await self.box.outbox.drained()
        self.say("reboot")
        self.booted, self.box.finished, self.box.grant = False, False, None
        self.box.board.status = ""
        self.registered.clear()
        await self.link.drop()


async def _forever(job: Callable[[], Awaitable[None]]) -> None:
    while True:
        await job()


def parser() -> argparse.ArgumentParser:
    parse = argparse.ArgumentParser(
        prog="python -m simulators.charge_point",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="quirks:\n" + "\n".join(f"  {name}: it {what}" for name, what in QUIRKS.items()),
    )
    parse.add_argument("--csms", required=True, metavar="URL", help="without the identity")
    parse.add_argument("--identity", default="CP001")
    parse.add_argument("--password", help="for Basic auth")
    parse.add_argument("--protocol", choices=["ocpp1.6", "ocpp2.0.1", "ocpp2.1"], default="ocpp1.6")
    parse.add_argument("--house", metavar="HOST:PORT", help="the house's cable port")
    parse.add_argument(
        "--car", default="", metavar="KEY=VALUE,...", help="own car where there is no house"
    )
    parse.add_argument("--clock", type=SimClock.parse, default=SimClock())
    parse.add_argument("--vendor", default="Hearthside")
    parse.add_argument("--model", default="Wallflower 11")
    parse.add_argument("--max-a", type=float, default=16.0)
    parse.add_argument("--phases", type=int, choices=[1, 3], default=3)
    parse.add_argument("--meter-values-s", type=int, default=10)
    parse.add_argument("--free-charging", action="store_true", help="start without being asked")
    parse.add_argument("--swipe", metavar="TAG", help="a card shown whenever a car is plugged in")
    parse.add_argument("--quirk", action="append", choices=sorted(QUIRKS), default=[])
    parse.add_argument("--verbose", action="store_true", help="also the calls received")
    return parse


def make_cable(args: argparse.Namespace) -> Cable:
    """Raises:
    ValueError: --house or --car cannot be read.
    """
    if args.house:
        host, _, port = args.house.rpartition(":")
        return HouseCable(host or "127.0.0.1", int(port), args.identity)
    text = ",".join(part for part in (args.identity, args.car) if part)
    return OwnCar(car_from(text, 1, trips=False), args.clock)


def main() -> None:
    parse = parser()
    args = parse.parse_args()
    try:
        cable = make_cable(args)
    except ValueError as error:
        parse.error(str(error))
    asyncio.run(_main(args, cable))


async def _main(args: argparse.Namespace, cable: Cable) -> None:
    await ChargePoint(args, cable).run()


if __name__ == "__main__":
    main()
