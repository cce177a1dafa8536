"""Commands of the cloud, each carried out once however often it comes."""

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from agent.bridges.cloud.events import Events
from agent.bridges.documents import (
    Command,
    Json,
    PageRequest,
    PlanRequest,
    Sender,
    Unreadable,
    failed,
    intent_of,
    plan,
    read_command,
    refused,
    result,
    view,
)
from agent.model.clock import Clock, Now
from agent.model.events import Executed
from agent.model.intents import Answer, Intent
from agent.model.picture import Picture
from agent.model.smart import SmartPlan
from agent.plan.smart.memory import plan_of
from agent.store import Change, Store, StoreFull
from agent.watched import Watched
from drivers.mqtt_link import Message

log = logging.getLogger(__name__)

OK: Final = 200
NOT_FOUND: Final = 404
CONFLICT: Final = 409
GONE: Final = 410
LONGEST_ID: Final = 64


class Commands:
    """Takes one command after the other; its answer is what `cmd-result` carries."""

    def __init__(
        self,
        sender: Sender,
        store: Store,
        pictures: Watched[Picture],
        submit: Callable[[Intent], Awaitable[Answer]],
        clock: Clock,
    ) -> None:
        self._sender, self._store, self._pictures = sender, store, pictures
        self._outbox = store.outbox
        self._submit, self._clock = submit, clock

    async def obey(self, request_id: str, message: Message, events: Events) -> Json | None:
        """What to answer; None to an id that cannot be a topic's."""
        if not request_id or len(request_id) > LONGEST_ID:
            log.warning("ignored a command with an id of %d characters", len(request_id))
            return None
        try:
            command = read_command(request_id, message.payload)
        except Unreadable as fault:
            return refused(request_id, fault)
        known = await self._outbox.executed(request_id)
        if known is not None:
            return self._again(command, known)
        late = _late(command, message, self._clock.now())
        if late is not None:
            return await self._kept(command, Answer(problem=late, status=GONE))
        try:
            wanted = intent_of(command, self._sender, self._pictures.value)
        except Unreadable as fault:
            return await self._kept(command, Answer(problem=str(fault), status=fault.status))
        if isinstance(wanted, PageRequest):
            return self._page(request_id, wanted, events)
        if isinstance(wanted, PlanRequest):
            return await self._plan(request_id, wanted)
        return result(request_id, await self._submit(wanted), self._sender)

    def _again(self, command: Command, known: Executed) -> Json:
        if known.fingerprint != command.fingerprint:
            detail = f"{command.request_id} was used for another command before; take a new id"
            return failed(command.request_id, CONFLICT, detail)
        return result(command.request_id, known.answer, self._sender)

    async def _kept(self, command: Command, answer: Answer) -> Json:
        """Write down what was not done, so that a repeat hears the same."""
        done = Executed(
            request_id=command.request_id,
            fingerprint=command.fingerprint,
            answer=answer,
            at=self._clock.now().at,
        )
        try:
            await self._store.save(Change(executed=(done,)))
        except StoreFull as error:
            log.warning("%s", error)
        return result(command.request_id, answer, self._sender)

    async def _plan(self, request_id: str, asked: PlanRequest) -> Json:
        """A plan as it stands: the one that is shown now, or one that is on disk."""
        picture = self._pictures.value
        found = await self._find_plan(asked, picture)
        if found is None:
            which = "no plan" if asked.plan_id is None else f"no plan {asked.plan_id}"
            detail = f"{asked.device} has {which}; plans are kept for three years"
            return failed(request_id, NOT_FOUND, detail)
        body = plan(found, view(picture, self._sender))
        return {"requestId": request_id, "status": OK, "body": body}

    async def _find_plan(self, asked: PlanRequest, picture: Picture) -> SmartPlan | None:
        status = picture.smart.get(asked.device)
        shown = None if status is None else status.plan
        if shown is not None and asked.plan_id in (None, shown.id):
            return shown
        doc = await self._store.plans.find(asked.device, asked.plan_id)
        try:
            return None if doc is None else plan_of(doc)
        except (KeyError, TypeError, ValueError) as error:
            log.warning("a plan of %s cannot be read (%s)", asked.device, error)
            return None

    def _page(self, request_id: str, page: PageRequest, events: Events) -> Json:
        first = self._outbox.acked_seq + 1
        if page.to_seq is not None and page.to_seq < first:
            detail = f"everything up to {first - 1} was acked, and is not kept after that"
            return failed(request_id, GONE, detail)
        events.ask(max(page.from_seq, first), page.to_seq)
        return result(request_id, Answer(), self._sender)


def _late(command: Command, message: Message, now: Now) -> str | None:
    """Why a command comes too late; None if it does not.

    Without a clock to trust, what the broker says counts: it does not deliver an expired message.
    """
    if now.trusted:
        late_s = (now.at - command.expires_at).total_seconds()
        return f"it expired {late_s:.0f} s before it arrived" if late_s >= 0 else None
    if message.expiry_s is None:
        return "it cannot be told whether it has expired: the clock of the house is not set yet"
    return None
