"""Who is there: status, heartbeats, and two agents that share one id."""

import sqlite3

from simulators.cloud.wire import Json


def status(db: sqlite3.Connection, agent: str, body: Json) -> bool:
    """Whether the agent says that it is there."""
    online = body.get("online") is True
    db.execute("UPDATE agent SET online=? WHERE agent_id=?", (online, agent))
    return online


def heartbeat(db: sqlite3.Connection, agent: str, body: Json, told_seq: int) -> bool:
    """Whether the agent waits for an ack.

    A second heartbeat with events waiting, while nothing came in between, names events that were
    lost on the way. Which ones, `lastSeq` says; without it they are so many beyond the ack that the
    agent was told, as far as that was not still on its way to the agent.
    """
    pending, last = body.get("pendingEvents"), body.get("lastSeq")
    waiting = pending if isinstance(pending, int) else 0
    claimed = 0 if isinstance(last, int) else told_seq + waiting
    db.execute(
        "UPDATE agent SET pending_events=:pending, high_seq=max(high_seq, :last), online=1,"
        " stuck=iif(:waiting > 0, iif(stuck_at=ack_seq, stuck + 1, 1), 0), stuck_at=ack_seq"
        " WHERE agent_id=:agent",
        {
            "pending": pending if isinstance(pending, int) else None,
            "waiting": waiting,
            "last": last if isinstance(last, int) else 0,
            "agent": agent,
        },
    )
    db.execute(
        "UPDATE agent SET claimed_seq=iif(stuck > 1, ?, 0) WHERE agent_id=?",
        (claimed, agent),
    )
    return waiting > 0


def booted(db: sqlite3.Connection, agent: str, boot_id: object) -> str | None:
    """Note a bootId that was said just now.

    Returns:
        What to tell a person when it comes back after another one: a second agent has the same id.
    """
    (last,) = db.execute("SELECT boot_id FROM agent WHERE agent_id=?", (agent,)).fetchone()
    if not isinstance(boot_id, str):
        return None
    if boot_id == last:
        db.execute("INSERT OR IGNORE INTO boot VALUES (?,?,0)", (agent, boot_id))
        return None
    db.execute("UPDATE agent SET boot_id=? WHERE agent_id=?", (boot_id, agent))
    (returns,) = db.execute(
        "INSERT INTO boot VALUES (?,?,0) ON CONFLICT DO UPDATE SET returns=returns+1"
        " RETURNING returns",
        (agent, boot_id),
    ).fetchone()
    if returns != 1:
        return None
    return (
        f"{agent}: two agents use this id (bootIds {last} and {boot_id} take turns);"
        " remedy: give one of them another id"
    )
