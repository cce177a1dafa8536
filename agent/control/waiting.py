"""Documents of the cloud that were refused for something that the house did not have yet.

Retained messages come in any order after a connect, and a tariff may follow a policy by a second:
what was refused is looked at again with each document and each car that comes, and when a person
makes way for it, until it is taken, a newer revision comes, or a person changes the same. No I/O.
"""

from dataclasses import replace

from agent.control import papers, policies
from agent.control.papers import Edit
from agent.control.state import State
from agent.model.clock import Now
from agent.model.snapshot import Snapshot


def with_those_that_waited(state: State, edit: Edit, snapshot: Snapshot, now: Now) -> Edit:
    """An edit, followed by all that can be taken after it; one may wait for another."""
    done, moved = edit, True
    while moved:
        moved = False
        for document in tuple(done.papers.documents.values()):
            if document.waiting is None:
                continue
            intent = papers.asked_again(document)
            refused = policies.refused(state, done.papers, intent, snapshot, now)
            after = papers.again(done.papers, document, state.devices, refused)
            moved = moved or after.papers is not done.papers
            done = _joined(done, after)
    return done


def _joined(first: Edit, then: Edit) -> Edit:
    """Both, each document as it stands in the end."""
    changed = {(each.kind, each.id): each for each in (*first.changed, *then.changed)}
    return replace(
        first,
        papers=then.papers,
        changed=tuple(changed.values()),
        edited=(*first.edited, *then.edited),
    )
