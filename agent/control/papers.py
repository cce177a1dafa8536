"""Schedules, places and policies with their revisions: the installer's, the cloud's, people's.

1. What stands in the config file is changed there; people may still turn a schedule off and on.
2. A document of the cloud is applied if its revision is newer than any seen before. One that is
   rejected leaves the former one in force, and is looked at again when others come: they may
   arrive in any order (see waiting.py).
3. An edit in the house counts at once; the cloud's next revision replaces it.
4. A policy of smart charging in the config file is where people and the cloud begin.
"""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from agent import places
from agent.control.rules import HouseRules
from agent.model.actions import RequestedBy
from agent.model.documents import Document, DocumentKind, Source
from agent.model.driver import DeviceInfo
from agent.model.intents import EnableSchedule, PutDocument
from agent.model.nothing import nothing
from agent.model.readings import DeviceId
from agent.model.schedules import Location, Schedule
from agent.model.smart import SmartPolicy
from agent.tariffs import papers as price_papers

log = logging.getLogger(__name__)

Key = tuple[DocumentKind, str]

_SWITCH = "schedule:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """Args:
    documents: those that the cloud gave, and what people made of them.
    switched: schedules of the config file that people turned off or on, by id.
    schedules, locations: what is in force, by id.
    policies: smart charging in force, by device.
    currency: of the tariff in force; None = nobody told any.
    """

    rules: HouseRules
    documents: Mapping[Key, Document] = field(default_factory=nothing)
    switched: Mapping[str, bool] = field(default_factory=nothing)
    schedules: Mapping[str, Schedule] = field(default_factory=nothing)
    locations: Mapping[str, Location] = field(default_factory=nothing)
    policies: Mapping[DeviceId, SmartPolicy] = field(default_factory=nothing)
    currency: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What became of a change.

    Args:
        changed: documents to be kept; `edited` those among them that a person changed.
        problem, status: why it was not taken, as in an Answer.
    """

    papers: Papers
    changed: tuple[Document, ...] = ()
    edited: tuple[Document, ...] = ()
    problem: str | None = None
    status: int = 200


def begin(
    rules: HouseRules, documents: Iterable[Document], settings: Mapping[str, Mapping[str, Any]]
) -> Papers:
    """The papers as they were when Hearth stopped, under the config file as it is now."""
    switched = {
        key.removeprefix(_SWITCH): bool(row.get("enabled"))
        for key, row in settings.items()
        if key.startswith(_SWITCH) and key.removeprefix(_SWITCH) in rules.schedules
    }
    return _in_force(
        Papers(
            rules=rules,
            documents=MappingProxyType({(d.kind, d.id): d for d in documents}),
            switched=MappingProxyType(switched),
        )
    )


def switches(papers: Papers) -> dict[str, dict[str, Any]]:
    """Rows for the store."""
    return {f"{_SWITCH}{name}": {"enabled": on} for name, on in papers.switched.items()}


def enable(papers: Papers, intent: EnableSchedule) -> Edit:
    """Turn a schedule off or on."""
    schedule = papers.schedules.get(intent.schedule)
    if schedule is None:
        known = ", ".join(papers.schedules) or "none"
        problem = f"no schedule has the id {intent.schedule}; known: {known}"
        return Edit(papers=papers, problem=problem, status=404)
    if schedule.enabled == intent.enabled:
        return Edit(papers=papers)
    if intent.schedule in papers.rules.schedules:
        on = MappingProxyType({**papers.switched, intent.schedule: intent.enabled})
        return Edit(papers=_in_force(replace(papers, switched=on)))
    return _edited(papers, (replace(schedule, enabled=intent.enabled),))


def put_policy(papers: Papers, policy: SmartPolicy) -> Edit:
    """A policy as a person in the house left it."""
    key = (DocumentKind.SMART_POLICY, str(policy.target))
    old = papers.documents.get(key, Document(kind=key[0], id=key[1]))
    new = replace(old, source=Source.LOCAL, value=policy, waiting=None)
    return Edit(papers=_with(papers, (new,)), changed=(new,), edited=(new,))


def put(
    papers: Papers,
    intent: PutDocument,
    devices: Mapping[DeviceId, DeviceInfo],
    refused: tuple[int, str] | None = None,
) -> Edit:
    """Take a document of the cloud.

    Args:
        refused: why it cannot be taken, where that is known already.
    """
    key = (intent.kind, intent.id)
    old = papers.documents.get(key, Document(kind=intent.kind, id=intent.id))
    rev = old.seen_rev + 1 if intent.rev is None else intent.rev
    if rev <= old.seen_rev:
        return Edit(papers=papers)
    status, problem = refused or _refusal(papers, intent, devices)
    if problem is not None:
        noted = replace(old, seen_rev=rev, problem=problem, waiting=intent.value)
        after = _with(papers, (noted,))
        return Edit(papers=after, changed=(noted,), problem=problem, status=status)
    return _applied(papers, old, intent, rev)


def again(
    papers: Papers,
    document: Document,
    devices: Mapping[DeviceId, DeviceInfo],
    refused: tuple[int, str] | None,
) -> Edit:
    """Look at a document that waits once more.

    Args:
        refused: as in put().
    """
    intent = asked_again(document)
    _, problem = refused or _refusal(papers, intent, devices)
    if problem is None:
        log.info("%s %s of the cloud is taken now", document.kind.value, document.id)
        return _applied(papers, document, intent, document.seen_rev)
    if problem == document.problem:
        return Edit(papers=papers)
    noted = replace(document, problem=problem)
    return Edit(papers=_with(papers, (noted,)), changed=(noted,))


def asked_again(document: Document) -> PutDocument:
    """What the cloud asked for when it sent a document that waits."""
    return PutDocument(
        requested_by=RequestedBy.CLOUD,
        kind=document.kind,
        id=document.id,
        rev=document.seen_rev,
        value=document.waiting,
    )


def _applied(papers: Papers, old: Document, intent: PutDocument, rev: int) -> Edit:
    value = price_papers.succeeding(old.value, intent.value)
    new = Document(kind=intent.kind, id=intent.id, rev=rev, seen_rev=rev, value=value)
    changed = (new,)
    after = _with(papers, changed)
    if intent.kind is DocumentKind.LOCATION and intent.value is None:
        orphans = _edited(after, places.without(intent.id, after.schedules))
        return replace(orphans, changed=(*changed, *orphans.changed))
    return Edit(papers=after, changed=changed)


def _refusal(
    papers: Papers, intent: PutDocument, devices: Mapping[DeviceId, DeviceInfo]
) -> tuple[int, str | None]:
    """Why a document cannot be applied, with a status as in an Answer; None if it can."""
    problem = intent.problem or _fault(papers, intent, devices)
    if problem is not None:
        return 400, problem
    rules = papers.rules
    found = price_papers.refusal(papers.documents, papers.locations, rules.tariff, intent)
    return (200, None) if found is None else found


def _fault(
    papers: Papers, intent: PutDocument, devices: Mapping[DeviceId, DeviceInfo]
) -> str | None:
    """Why a document cannot be applied, with the remedy; None if it can."""
    rules = papers.rules
    given = {DocumentKind.SCHEDULE: rules.schedules, DocumentKind.LOCATION: rules.locations}
    if intent.id in given.get(intent.kind, ()):
        return f"{intent.id} stands in the config file of the house; change it there"
    match intent.value:
        case Schedule(target=target, target_kind=kind):
            info = devices.get(target)
            if info is None or info.kind is not kind:
                return f"there is no {kind} {target} in this house"
            place = intent.value.location
            if place is not None and place not in papers.locations:
                return f"there is no location {place}; send the location first"
        case Location() as location:
            faults = places.faults(location)
            near = places.too_near(location, papers.locations)
            if near is not None and intent.id in papers.locations:
                log.warning("%s; taken all the same, because it was there before", near)
                near = None
            return faults[0] if faults else near
        case _:
            pass
    return None


def _edited(papers: Papers, schedules: Iterable[Schedule]) -> Edit:
    """Schedules as a person left them; those of the config file are only turned off."""
    changed, switched = [], dict(papers.switched)
    for schedule in schedules:
        if schedule.id in papers.rules.schedules:
            switched[schedule.id] = schedule.enabled
            continue
        old = papers.documents[DocumentKind.SCHEDULE, schedule.id]
        changed.append(replace(old, source=Source.LOCAL, value=schedule, waiting=None))
    after = _with(replace(papers, switched=MappingProxyType(switched)), changed)
    return Edit(papers=after, changed=tuple(changed), edited=tuple(changed))


def _with(papers: Papers, changed: Iterable[Document]) -> Papers:
    kept = {**papers.documents, **{(d.kind, d.id): d for d in changed}}
    return _in_force(replace(papers, documents=MappingProxyType(kept)))


def _in_force(papers: Papers) -> Papers:
    schedules = {
        name: replace(each, enabled=papers.switched.get(name, each.enabled))
        for name, each in papers.rules.schedules.items()
    }
    locations = dict(papers.rules.locations)
    policies = dict(papers.rules.policies)
    for document in papers.documents.values():
        match document.value:
            case Schedule() as schedule:
                schedules.setdefault(document.id, schedule)
            case Location() as location:
                locations.setdefault(document.id, location)
            case SmartPolicy() as policy:
                policies[policy.target] = policy
            case _:
                pass
    rules = papers.rules
    tariff = price_papers.tariff_of(papers.documents, locations.get(rules.home), rules.tariff)
    return replace(
        papers,
        schedules=MappingProxyType(schedules),
        locations=MappingProxyType(locations),
        policies=MappingProxyType(policies),
        currency=None if tariff is None else tariff.currency,
    )
