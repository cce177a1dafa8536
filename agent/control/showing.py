"""What bridges are shown of the house after a tick."""

from collections.abc import Mapping
from datetime import datetime

from agent.control.state import State
from agent.model.clock import Now
from agent.model.picture import Picture
from agent.model.readings import DeviceId
from agent.model.snapshot import Snapshot
from agent.model.targets import Target
from agent.pairing.corrections import said
from agent.plan.held import held


def shown(
    state: State,
    now: Now,
    snapshot: Snapshot,
    targets: Mapping[DeviceId, Target],
    started_at: datetime,
) -> Picture:
    """The state of the house as bridges see it, without what the engine does not know."""
    routine = state.routine
    totals, counters_wh = state.tally.shown()
    month, months = state.tally.months(now)
    wishes = state.wishes.chargers
    return Picture(
        now=now,
        started_at=started_at,
        devices=state.settings.devices,
        snapshot=snapshot,
        targets=targets,
        actions=(*state.ledger.pending.values(), *state.ledger.last.values()),
        modes={d: w.mode for d, w in wishes.items()},
        limits_a={
            d: state.devices[d].max_current_a if w.limit_a is None else w.limit_a
            for d, w in wishes.items()
        },
        sessions=state.tally.sessions,
        latest=state.tally.latest,
        months=months,
        month=month,
        totals=totals,
        counters_wh=counters_wh,
        held=dict(held(state.wishes.batteries, state.settings)),
        last_failure=dict(state.outcomes.failures),
        journal=tuple(state.journal),
        beliefs=routine.pairing.beliefs,
        pairs=routine.pairing.pairs,
        pairing=routine.pairing.settings,
        grid_orders=state.wishes.grid_orders,
        grid_kept=state.grid_watch.kept,
        said=said(routine.pairing),
        reporting=routine.reporting,
        questions=state.prober.questions,
        locations=routine.papers.locations,
        where=routine.places.where,
        schedules=routine.papers.schedules,
        statuses=routine.statuses,
        overrides=routine.covering,
        documents=routine.papers.documents,
        policies=routine.papers.policies,
        smart=state.plans.statuses,
        outline=state.plans.outline,
        currency=routine.papers.currency,
    )
