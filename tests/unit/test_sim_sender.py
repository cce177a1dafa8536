"""What the simulated charge point keeps, drops and says again when the central system fails."""

import asyncio

from simulators.car import Car
from simulators.charger.box import Box
from simulators.charger.cables import OwnCar
from simulators.charger.link import CallFailed, LinkLost
from simulators.charger.sender import Sender
from simulators.charger.transaction import Outgoing, Payload
from simulators.clock import SimClock
from simulators.ocpp16.words import Words16
from tests.virtual_time import run_virtual

Answer = Payload | Exception


class Scripted:
    """Answers calls from a script; after its end everything is fine."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.heard: list[str] = []

    async def call(self, action: str, _payload: Payload) -> Payload:
        self.heard.append(action)
        answer = self.answers.pop(0) if self.answers else {}
        if isinstance(answer, Exception):
            raise answer
        return answer


def sender(link: Scripted) -> Sender:
    clock = SimClock()
    cable = OwnCar(Car(), clock)
    box = Box(cable=cable, words=Words16(), now=clock.now_s, say=lambda *_a, **_k: None)
    registered = asyncio.Event()
    registered.set()
    return Sender(link=link, box=box, registered=registered, clock=clock, wake=lambda: None)


def stop(done: list[Payload] | None = None) -> Outgoing:
    return Outgoing(
        action="StopTransaction",
        build=dict,
        durable=True,
        done=done.append if done is not None else None,
    )


def test_a_fact_survives_a_broken_link_and_small_talk_does_not() -> None:
    async def main() -> None:
        link = Scripted(LinkLost(), LinkLost())
        one = sender(link)
        one.box.outbox.put(Outgoing(action="Heartbeat", build=dict))
        one.box.outbox.put(stop())
        for _ in range(2):
            await one.send_next()
            assert not one.registered.is_set()
            one.registered.set()
        assert len(one.box.outbox) == 1
        await one.send_next()
        assert len(one.box.outbox) == 0
        assert link.heard == ["Heartbeat", "StopTransaction", "StopTransaction"]

    run_virtual(main())


def test_a_refused_fact_is_said_three_times_with_growing_pauses() -> None:
    async def main() -> None:
        link = Scripted(*[CallFailed("InternalError")] * 3)
        one = sender(link)
        one.box.outbox.put(stop())
        began_s = asyncio.get_running_loop().time()
        for _ in range(3):
            await one.send_next()
        assert asyncio.get_running_loop().time() - began_s == 20 + 40
        assert len(one.box.outbox) == 0
        assert len(link.heard) == 3

    run_virtual(main())


def test_nothing_is_sent_before_the_central_system_has_accepted_the_box() -> None:
    async def main() -> None:
        link = Scripted()
        one = sender(link)
        one.registered.clear()
        one.box.outbox.put(stop())
        waiting = asyncio.ensure_future(one.send_next())
        await asyncio.sleep(3600)
        assert link.heard == []
        one.registered.set()
        await waiting
        assert link.heard == ["StopTransaction"]

    run_virtual(main())


def test_an_answer_that_makes_no_sense_stops_nothing() -> None:
    async def main() -> None:
        def broken(answer: Payload) -> None:
            raise KeyError(answer["transactionId"])

        one = sender(Scripted({"idTagInfo": {}}))
        one.box.outbox.put(Outgoing(action="StartTransaction", build=dict, done=broken))
        await one.send_next()
        assert len(one.box.outbox) == 0

    run_virtual(main())
