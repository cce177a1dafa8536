"""What smart charging tells of itself, and what it takes back. Pure."""

from collections.abc import Iterable, Mapping

from agent.model.actions import ActionKind
from agent.model.clock import Now
from agent.model.driver import DeviceInfo
from agent.model.readings import DeviceId
from agent.model.schedules import Override
from agent.model.smart import SmartPlan, SmartStatus
from agent.plan.smart import words
from agent.plan.smart.case import Case, considered
from agent.plan.smart.memory import Mind
from agent.plan.smart.view import SmartView, SmartWanted


def status_of(
    mind: Mind,
    info: DeviceInfo,
    case: Case | None,
    override: Override | None,
    now: Now,
    problem: str | None = None,
) -> SmartStatus:
    """Where one device stands.

    Args:
        case: None where smart charging is off and nothing was looked at.
    """
    looked = case is not None and case.policy.enabled
    return SmartStatus(
        device=info.id,
        device_kind=info.kind,
        state=mind.state,
        changed_at=mind.changed_at or now.at,
        updated_at=now.at,
        consideration=considered(case) if case is not None and looked else None,
        plan=mind.plan,
        override=override,
        problem=problem,
        warning=words.clamped(case) if case is not None and looked else None,
    )


def worth_telling(
    statuses: Mapping[DeviceId, SmartStatus], before: Mapping[DeviceId, SmartStatus]
) -> tuple[SmartStatus, ...]:
    """Those that say something else than last time."""
    return tuple(
        status
        for device, status in statuses.items()
        if (old := before.get(device)) is None or _said(status) != _said(old)
    )


def _said(status: SmartStatus) -> tuple[object, ...]:
    """All but when it was looked at."""
    return (
        status.state, status.changed_at, status.plan, status.consideration, status.override,
        status.problem, status.warning,
    )  # fmt: skip


def worth_keeping(
    statuses: Mapping[DeviceId, SmartStatus], before: Mapping[DeviceId, SmartStatus]
) -> tuple[SmartPlan, ...]:
    """Plans of which something has become true for good since last time."""
    kept = []
    for device, status in statuses.items():
        old, plan = before.get(device), status.plan
        if plan is not None and (old is None or _true_of(plan) != _true_of(old.plan)):
            kept.append(plan)
    return tuple(kept)


def _true_of(plan: SmartPlan | None) -> tuple[object, ...]:
    """All but estimates, which move as long as a plan runs."""
    if plan is None:
        return ()
    cost = plan.smart_cost if plan.ended_at is not None else None
    return (plan.id, plan.stop_confirmed_at, plan.start_confirmed_at, plan.ended_at, cost)


def released(
    minds: Mapping[DeviceId, Mind], wanted: Iterable[SmartWanted], view: SmartView
) -> dict[str, str]:
    """Pending Actions of smart charging that no plan stands behind any more. One that is about to
    be overtaken by a wanted one is left to that."""
    overtaken = {each.device for each in wanted}
    gone = {}
    for device, action in view.requested.items():
        mind = minds.get(device)
        phase = mind.phase if mind is not None else None
        stands = phase is not None and phase.charging is (action.kind is ActionKind.START)
        if action.pending and not stands and device not in overtaken:
            gone[action.id] = "the plan that asked for it wants it no more"
    return gone
