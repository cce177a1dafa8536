"""How far the bridge runs ahead of the cloud's acks, and how much it has on the way."""

import asyncio
import gzip
import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.bridges.cloud.ahead import AGAIN_AT_MOST_S, Ahead
from agent.bridges.cloud.packing import MOST_BYTES, MOST_EVENTS, Payload, batches, telemetry
from agent.bridges.cloud.window import Window
from agent.bridges.documents import LARGEST_PAYLOAD
from agent.model.driver import LinkDown
from agent.model.readings import DeviceId
from agent.store import OutboxRow, Stretch
from agent.supervise import FAR_AWAY, keep_running
from tests.sim.store_values import NOON
from tests.virtual_time import run_virtual

STEPS = st.lists(
    st.one_of(
        st.just(("send", 0)),
        st.tuples(st.just("ack"), st.integers(0, 40)),
        st.tuples(st.just("wait"), st.integers(0, 120)),
    ),
    max_size=80,
)


@given(STEPS)
def test_no_more_is_out_than_allowed_and_patience_only_grows_without_acks(
    steps: list[tuple[str, int]],
) -> None:
    ahead, now_s, acked, last, out, room = Ahead(5, 60.0), 0.0, 0, 0, [], 5
    for what, number in steps:
        if what == "send" and ahead.free:
            last += 1
            out.append(last)
            ahead.sent(last, now_s)
        elif what == "ack" and acked < number <= last:
            acked = number
            if [to for to in out if to <= acked]:
                room = 5
            out = [to for to in out if to > acked]
            ahead.acked(acked, now_s)
        elif what == "wait":
            now_s += number
            left_s = ahead.left_s(now_s)
            assert (left_s is None) == (not out)
            if left_s is not None and left_s <= 0:
                ahead.begin_again()
                out, last, room = [], acked, 1
        assert len(out) <= room
        assert ahead.free == (len(out) < room)


def test_a_silent_receiver_is_tried_ever_more_rarely() -> None:
    ahead, now_s, pauses = Ahead(100, 60.0), 0.0, []
    for _ in range(8):
        ahead.sent(1, now_s)
        left_s = ahead.left_s(now_s)
        assert left_s is not None
        pauses.append(left_s)
        now_s += left_s
        ahead.begin_again()
    assert pauses == [60, 120, 240, 480, 900, 900, 900, AGAIN_AT_MOST_S]


class SlowLink:
    """A broker that answers when it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answers = asyncio.Semaphore(0)
        self.most = 0
        self._open = 0

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool, content_type: str | None = None
    ) -> None:
        assert (retain, content_type) == (False, "text")
        self.asked.append(topic)
        self._open += len(payload)
        self.most = max(self.most, self._open)
        await self.answers.acquire()
        self._open -= len(payload)


@given(sizes=st.lists(st.integers(1, 50), min_size=1, max_size=40), size=st.integers(1, 8))
def test_a_window_keeps_the_order_and_its_bounds(sizes: list[int], size: int) -> None:
    async def main() -> None:
        link = SlowLink()
        for _ in sizes:
            link.answers.release()
        async with Window(link, size, most_bytes=60) as window:  # type: ignore[arg-type]
            for number, length in enumerate(sizes):
                await window.send(str(number), Payload(b"x" * length, "text"))
        assert link.asked == [str(number) for number in range(len(sizes))]
        assert link.most <= 60

    run_virtual(main())


def row(seq: int, size: int) -> OutboxRow:
    body = json.dumps({"eventId": str(seq), "text": "x" * size}).encode()
    return OutboxRow(seq=seq, at=NOON, trusted=True, run_id="run", name="event", body=body)


@given(st.lists(st.integers(0, 40_000), max_size=30))
def test_messages_of_events_are_small_enough_and_complete(sizes: list[int]) -> None:
    rows = [row(seq, size) for seq, size in enumerate(sizes, start=1)]
    found: list[int] = []
    for last, payload in batches(rows):
        plain = payload.body
        if payload.content_type.endswith("gzip"):
            plain = gzip.decompress(plain)
        document = json.loads(plain)
        events = document if isinstance(document, list) else [document]
        assert len(events) <= MOST_EVENTS
        assert len(plain) <= MOST_BYTES + 2 * MOST_EVENTS < LARGEST_PAYLOAD
        found += [event["seq"] for event in events]
        assert found[-1] == last
    assert found == [each.seq for each in rows]


def test_too_many_samples_for_one_message_are_refused() -> None:
    values = tuple((1_000_000 + t, t / 7) for t in range(20_000))
    long = Stretch(
        device=DeviceId("grid"), from_s=1_000_000, to_s=1_020_000, series={"power_w": values}
    )
    short = Stretch(
        device=DeviceId("grid"), from_s=1_000_000, to_s=1_000_100, series={"power_w": values[:100]}
    )
    assert telemetry(long) is None
    packed = telemetry(short)
    assert packed is not None
    assert json.loads(gzip.decompress(packed.body))["series"].keys() == {"powerW"}


def test_the_cloud_is_tried_at_random_up_to_five_minutes(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[float] = []

    async def nobody() -> None:
        tries.append(asyncio.get_running_loop().time())
        raise LinkDown("no route to host")

    async def main() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(400 * 300):
                await keep_running("cloud", nobody, pauses=FAR_AWAY)

    run_virtual(main())
    pauses = [b - a for a, b in itertools.pairwise(tries)]
    assert max(pauses) <= 300
    assert pauses[0] <= 1
    late = sorted(pauses[10:])
    assert late[len(late) // 10] < 90, "full jitter"
    assert 120 < sum(late) / len(late) < 180
    assert len(caplog.messages) == 1
