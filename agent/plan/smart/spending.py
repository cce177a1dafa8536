"""What a plan has cost so far: the session's own accounts since the plan was made, so that both say
the same. Pure.
"""

from dataclasses import dataclass, replace

from agent.model.picture import NEGLIGIBLE_WH, Session
from agent.model.smart import SmartState
from agent.plan.smart.case import Case
from agent.plan.smart.memory import Begun, Mind

OPEN_AT_MOST_WH = 1000.0
"""Energy that waits for the word of the meter, before the cost so far counts as unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Since:
    """What a session has added to its accounts.

    Args:
        cost: of all of it; None = not known.
        open_wh: of unknown origin, as yet or for good.
    """

    cost: float | None
    open_wh: float


def begun(session: Session | None) -> Begun | None:
    """The accounts of a session as they stand now; None where there is none."""
    if session is None:
        return None
    return Begun(
        session=session.id,
        energy_wh=session.energy_wh or 0.0,
        traced_wh=session.traced_wh,
        accounted_wh=session.accounted_wh,
        cost=session.cost or 0.0,
    )


def spending(mind: Mind, case: Case) -> Mind:
    """With what the plan has cost so far; what is still open may be known in a moment."""
    if mind.begun_with is None and case.session is not None:
        charged = mind.plan is not None and mind.plan.start_confirmed_at is not None
        spent = None if charged else mind.spent
        return replace(mind, begun_with=begun(case.session), spent=spent, unpaid=charged)
    since = _since(mind, case)
    if since is None or mind.unpaid:
        return mind
    if since.cost is None and since.open_wh <= 0:
        return replace(mind, spent=None, unpaid=True)  # a price was not known
    if since.cost is None and since.open_wh < OPEN_AT_MOST_WH:
        return mind
    return mind if since.cost == mind.spent else replace(mind, spent=since.cost)


def in_full(mind: Mind, case: Case) -> float | None:
    """What the plan has cost in all, when it ends; None = not known of all of it."""
    since = _since(mind, case)
    return mind.spent if since is None or mind.unpaid else since.cost


def settled(mind: Mind, case: Case) -> Mind:
    """A plan that has just finished, with what was counted since: the last figures come late."""
    if mind.plan is None or mind.state is not SmartState.FINISHED:
        return mind
    cost = in_full(mind, case)
    rounded = None if cost is None else round(cost, 4)
    if rounded == mind.plan.smart_cost:
        return mind
    return replace(mind, plan=replace(mind.plan, smart_cost=rounded))


def _since(mind: Mind, case: Case) -> Since | None:
    """None where nothing is known to hang on a charger of ours."""
    mark = mind.begun_with
    if mark is None:
        return None
    session = next((each for each in case.sessions.values() if each.id == mark.session), None)
    if session is None:
        return None
    gained_wh = (session.energy_wh or 0.0) - mark.energy_wh
    near_wh = max(NEGLIGIBLE_WH, gained_wh / 100)
    traced_wh = session.traced_wh - mark.traced_wh
    accounted_wh = session.accounted_wh - mark.accounted_wh
    open_wh = gained_wh - traced_wh if traced_wh < gained_wh - near_wh else 0.0
    if accounted_wh < traced_wh - near_wh:
        return Since(cost=None, open_wh=0.0)
    mixed = mind.plan is not None and session.currency not in (None, mind.plan.currency)
    if open_wh > 0 or mixed:
        return Since(cost=None, open_wh=open_wh)
    return Since(cost=(session.cost or 0.0) - mark.cost, open_wh=0.0)
