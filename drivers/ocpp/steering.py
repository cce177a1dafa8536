"""From a Target to requests: limits, start, stop, and reading back what the charger applies.

Pausing is a limit of 0 A: the transaction stays and the car goes on without a new
authorisation. A charge that already runs is never stopped by a start.
"""

import logging

from agent.model.driver import LinkDown, Refused
from agent.model.targets import ChargerTarget, Owner, ReasonCode
from drivers.ocpp.calls import Declined, Priority
from drivers.ocpp.composite import current_limit_a
from drivers.ocpp.connector import Connector
from drivers.ocpp.limits import Write
from drivers.ocpp.session import Session
from drivers.ocpp.states import Status

log = logging.getLogger(__name__)

PROFILE_PATIENCE = 2.0
REMOTE_START_GAP_S = 30.0
COMPOSITE_S = 60
SUSPENDED = frozenset({Status.SUSPENDED_EV, Status.SUSPENDED_EVSE})
STARTABLE = SUSPENDED | {Status.PREPARING, Status.FINISHING}
GENTLE = frozenset({ReasonCode.SURPLUS, ReasonCode.SURPLUS_MINIMUM})
NO_SMART_CHARGING = frozenset({"NotImplemented", "NotSupported"})


async def obey(session: Session, connector: Connector, target: ChargerTarget) -> None:
    """Bring the target about, as far as requests can.

    Raises:
        LinkDown: the charger is not connected or does not answer. The limit is written when it
            is back.
        Refused: the charger declined.
    """
    limit_a = target.max_current_a if target.charging else 0.0
    gentle = target.charging and target.reason.code in GENTLE
    phases = None if connector.unswitchable else target.phases
    connector.limiter.want(limit_a, gentle=gentle, phases=phases)
    if not session.linked:
        raise LinkDown(f"{connector.name} is not connected")
    async with connector.lock:
        _mind_phases(connector, target)
        if target.charging:
            await _charge(session, connector, target)
        else:
            await _halt(session, connector, target)


def _mind_phases(connector: Connector, target: ChargerTarget) -> None:
    """Raises:
    Refused: the target wants other phases than the charger uses, and it cannot change them.
    """
    why = connector.unswitchable
    if why is not None and target.phases not in (None, connector.limiter.phases):
        raise Refused(
            f"{connector.name} stays on its phases: {why}; remove phase_switching from the config "
            "file"
        )


async def write_limits(session: Session, connector: Connector, priority: Priority) -> None:
    """Write what is due, in the form that the charger takes.

    Raises:
        LinkDown, Refused.
    """
    limiter = connector.limiter
    if session.stamps.wrong(session.shared.clock.now().mono_s):
        limiter.choice.distrust_clock()
    tried = False
    while (write := _due(session, connector)) is not None:
        await _write(session, connector, write, priority)
        tried = True
    if limiter.form is None and limiter.wanted_a is not None:
        await session.tell(connector, controllable=False)
        remedy = (
            f"{connector.name} takes no charging limit; allow smart charging (OCPP) in the "
            "charger's own settings"
        )
        if tried:
            log.warning("%s. Until then Hearth can only start and stop it", remedy)
        raise Refused(remedy)


async def read_back(session: Session, connector: Connector) -> None:
    """Ask the charger which limit it applies; its answer is advice, not proof.

    Raises:
        LinkDown.
    """
    connector.read_back_due = False
    form = connector.limiter.form
    if session.knowledge.note.get("composite") is False or form is None:
        return
    request = session.dialect.composite(connector, COMPOSITE_S, form.unit)
    try:
        answer = await session.call(request, priority=Priority.INFO)
    except Declined:
        await session.knowledge.remember(composite=False)
        return
    now = session.shared.clock.now()
    limit_a = current_limit_a(answer, connector.limiter.phases, now)
    if limit_a is not None:
        await session.tell(connector, max_current_a=limit_a)


async def make_safe(session: Session, connector: Connector) -> None:
    """Lower the charger to its fallback before Hearth goes.

    Raises:
        LinkDown.
    """
    now = session.shared.clock.now()
    write = connector.limiter.safe(now, transaction_id=connector.transaction_id)
    if write is None:
        return
    request = session.dialect.limit(connector, write)
    try:
        await session.call(request, priority=Priority.SAFETY)
    except Declined as error:
        log.warning("%s keeps its last limit: it declined the fallback (%s)", connector.name, error)


def _due(session: Session, connector: Connector) -> Write | None:
    return connector.limiter.due(
        session.shared.clock.now(),
        car=connector.plugged,
        transaction_id=connector.transaction_id,
    )


async def _write(session: Session, connector: Connector, write: Write, priority: Priority) -> None:
    request = session.dialect.limit(connector, write)
    try:
        answer = await session.call(request, priority=priority, patience=PROFILE_PATIENCE)
    except Declined as error:
        status, unable = error.code, error.code in NO_SMART_CHARGING
    else:
        status, unable = str(answer.get("status")), False
    if status == "Accepted":
        await _accepted(session, connector, write)
    elif unable:
        connector.limiter.choice.give_up()
    else:
        log.debug("%s declined %s: %s", connector.name, write.form, status)
        connector.limiter.declined(write, purpose_unknown=status == "NotSupported")


async def _accepted(session: Session, connector: Connector, write: Write) -> None:
    now = session.shared.clock.now()
    connector.limiter.accepted(write, now)
    if write.limit_a is None:
        return
    connector.on_limit(write.limit_a, now)
    connector.read_back_due = True
    session.work.set()
    switched = connector.config.phase_switching
    await session.tell(
        connector,
        accepted_current_a=write.limit_a,
        controllable=True,
        phases_told=write.phases if switched else None,
        limit_in_watts=write.form.unit == "W" if switched else None,
    )
    noted = session.knowledge.note.get("forms")
    forms = dict(noted) if isinstance(noted, dict) else {}
    forms[str(connector.config.connector)] = write.form.note()
    await session.knowledge.remember(forms=forms)


async def _charge(session: Session, connector: Connector, target: ChargerTarget) -> None:
    if connector.limiter.wanted_a == 0:
        raise Refused(
            f"{connector.name} cannot charge below {connector.config.min_current_a:g} A per phase"
        )
    priority = Priority.SAFETY if target.owner is Owner.SAFETY else Priority.START
    try:
        await write_limits(session, connector, priority)
    except Refused:
        if (
            target.max_current_a is not None
            and target.max_current_a < connector.config.max_current_a
        ):
            raise
    await _start_if_needed(session, connector)


async def _start_if_needed(session: Session, connector: Connector) -> None:
    mono_s = session.shared.clock.now().mono_s
    asked_s = connector.facts.start_asked_s
    running = connector.transaction
    if (running is not None and running.authorised) or connector.status not in STARTABLE:
        return
    if asked_s is not None and mono_s - asked_s < REMOTE_START_GAP_S:
        return
    request = session.dialect.start(connector, session.shared.clock.now())
    try:
        answer = await session.call(request, priority=Priority.START)
        status = str(answer.get("status"))
    except Declined as error:
        status = str(error)
    if connector.status not in STARTABLE:
        return  # the car was unplugged meanwhile
    if status != "Accepted" and connector.status in SUSPENDED:
        return  # a transaction runs that Hearth does not know; the limit has set it free
    if status != "Accepted":
        raise Refused(
            f"{connector.name} refused to start a charge ({status}); unplug and plug in the car, "
            f"or allow card {connector.config.id_tag} in the charger's own settings"
        )
    connector.on_start_asked(session.shared.clock.now())
    await session.tell(connector)


async def _halt(session: Session, connector: Connector, target: ChargerTarget) -> None:
    priority = Priority.SAFETY if target.owner is Owner.SAFETY else Priority.STOP
    ends = (
        target.hard_stop
        or session.quirks.zero_ends_transaction
        or connector.ignores_pause(session.shared.clock.now())
    )
    stopped = ends and not session.quirks.never_stop and await _stop(session, connector, priority)
    if stopped and session.quirks.zero_ends_transaction:
        return
    try:
        await write_limits(session, connector, priority)
    except Refused:
        if stopped:
            return  # it takes no limit, but the charge ends
        if connector.transaction is None or not await _stop(session, connector, priority):
            raise


async def _stop(session: Session, connector: Connector, priority: Priority) -> bool:
    """End the transaction; return whether the charger agreed."""
    request = session.dialect.stop(connector)
    if request is None:
        return False
    try:
        answer = await session.call(request, priority=priority)
    except Declined:
        return False
    return answer.get("status") == "Accepted"
