"""The proof: what each agent sent, and what became of it. Everything is counted anew from the rows.

| key | per agent |
|---|---|
| sent | the highest seq known to exist |
| stored, acked | events kept; the seq up to which nothing is missing |
| missing, missingRanges | seqs up to `sent` that neither came nor were accounted for as dropped |
| duplicated | events that stand in the order a second time under another seq: 0 |
| redelivered | repeats that were recognised |
| disordered | events of a resource whose resourceRev does not grow with seq: 0 |
| conflicts | one seq with two contents: two agents with one id, or a store that went back |
| dropped | seqs that the agent let go and accounted for |
| twoAgents | whether two agents use the id |
"""

import json
import sqlite3
from typing import Any

_RANGES_SHOWN = 20

Report = dict[str, Any]


def report(db: sqlite3.Connection) -> Report:
    """Returns totals, `clean`, and `agents` by id."""
    agents = {
        name: _agent(db, name)
        for (name,) in db.execute("SELECT agent_id FROM agent ORDER BY agent_id").fetchall()
    }
    sums = ("sent", "stored", "acked", "missing", "duplicated", "redelivered", "disordered")
    totals = {
        key: sum(a[key] for a in agents.values())
        for key in (*sums, "conflicts", "dropped", "malformed")
    }
    holes = sum(a["telemetry"]["holes"] for a in agents.values())
    wrong = ("missing", "duplicated", "disordered", "conflicts", "malformed")
    clean = holes == 0 and not any(totals[key] for key in wrong)
    return {
        "clean": clean,
        **totals,
        "telemetryHoles": holes,
        "twoAgents": [name for name, a in agents.items() if a["twoAgents"]],
        "agents": agents,
    }


def _agent(db: sqlite3.Connection, agent: str) -> Report:
    row = db.execute(
        "SELECT ack_seq, max(high_seq, claimed_seq), redelivered, malformed, online, boot_id,"
        " pending_events, samples_repeated, samples_changed FROM agent WHERE agent_id=?",
        (agent,),
    ).fetchone()
    ack, sent, redelivered, malformed, online, boot_id, pending, repeated, changed = row
    ranges = _missing(db, agent, sent)
    stored = _one(db, "SELECT count(*) FROM event WHERE agent_id=?", agent)
    boots = db.execute("SELECT boot_id, returns FROM boot WHERE agent_id=?", (agent,)).fetchall()
    return {
        "sent": sent,
        "stored": stored,
        "acked": ack,
        "missing": sum(last - first + 1 for first, last in ranges),
        "missingRanges": ranges[:_RANGES_SHOWN],
        "duplicated": _duplicated(db, agent),
        "redelivered": redelivered,
        "disordered": _disordered(db, agent),
        "conflicts": _one(db, "SELECT count(*) FROM conflict WHERE agent_id=?", agent),
        "dropped": _dropped(db, agent),
        "malformed": malformed,
        "online": None if online is None else bool(online),
        "bootId": boot_id,
        "bootIds": len(boots),
        "twoAgents": any(returns > 0 for _, returns in boots),
        "pendingEvents": pending,
        "telemetry": _telemetry(db, agent, repeated, changed),
        "results": _results(db, agent),
        "reported": _reported(db, agent),
    }


def _missing(db: sqlite3.Connection, agent: str, sent: int) -> list[list[int]]:
    """Ranges that are missing from 1..sent."""
    rows = db.execute(
        "SELECT seq, seq FROM event WHERE agent_id=:a UNION ALL"
        " SELECT from_seq, to_seq FROM dropped WHERE agent_id=:a ORDER BY 1",
        {"a": agent},
    )
    missing, reached = [], 0
    for first, last in rows:
        if first > reached + 1:
            missing.append([reached + 1, first - 1])
        reached = max(reached, last)
    if reached < sent:
        missing.append([reached + 1, sent])
    return missing


def _dropped(db: sqlite3.Connection, agent: str) -> int:
    """Seqs that only a range accounts for."""
    ranges = "SELECT from_seq, to_seq FROM dropped WHERE agent_id=? ORDER BY 1"
    count = reached = 0
    for first, last in db.execute(ranges, (agent,)).fetchall():
        start = max(first, reached + 1)
        if last >= start:
            (kept,) = db.execute(
                "SELECT count(*) FROM event WHERE agent_id=? AND seq BETWEEN ? AND ?",
                (agent, start, last),
            ).fetchone()
            count += last - start + 1 - kept
        reached = max(reached, last)
    return count


def _duplicated(db: sqlite3.Connection, agent: str) -> int:
    """Events that occur again: the same revision of a resource, or the same eventId, at another
    seq."""
    again = _one(
        db,
        "SELECT coalesce(sum(n - 1), 0) FROM (SELECT count(*) AS n FROM event WHERE agent_id=?"
        " AND resource IS NOT NULL AND resource_rev IS NOT NULL GROUP BY resource, resource_rev)",
        agent,
    )
    ids = _one(
        db,
        "SELECT count(*) FROM conflict c JOIN event e USING (agent_id, event_id)"
        " WHERE agent_id=? AND e.seq<>c.seq",
        agent,
    )
    return again + ids


def _disordered(db: sqlite3.Connection, agent: str) -> int:
    return _one(
        db,
        "SELECT count(*) FROM (SELECT resource_rev AS rev, lag(resource_rev) OVER"
        " (PARTITION BY resource ORDER BY seq) AS former FROM event"
        " WHERE agent_id=? AND resource_rev IS NOT NULL) WHERE rev < former",
        agent,
    )


def _telemetry(db: sqlite3.Connection, agent: str, repeated: int, changed: int) -> Report:
    resources, messages = db.execute(
        "SELECT count(*), coalesce(sum(messages), 0) FROM reach WHERE agent_id=?", (agent,)
    ).fetchone()
    gaps, gap_us = db.execute(
        "SELECT count(*), coalesce(sum(to_us - from_us), 0) FROM gap WHERE agent_id=?", (agent,)
    ).fetchone()
    holes, hole_us = db.execute(
        "SELECT count(*), coalesce(sum(from_us - reached), 0) FROM"
        " (SELECT a.from_us, max(r.to_us, coalesce(max(a.to_us) OVER (PARTITION BY a.resource"
        " ORDER BY a.from_us ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0)) AS reached"
        " FROM ahead a JOIN reach r USING (agent_id, resource) WHERE agent_id=?)"
        " WHERE from_us > reached",
        (agent,),
    ).fetchone()
    samples = _one(
        db, "SELECT count(*) FROM sample JOIN series USING (series_id) WHERE agent_id=?", agent
    )
    return {
        "resources": resources,
        "messages": messages,
        "samples": samples,
        "repeated": repeated,
        "changed": changed,
        "gaps": gaps,
        "gapSeconds": gap_us / 1e6,
        "holes": holes,
        "holeSeconds": hole_us / 1e6,
    }


def _results(db: sqlite3.Connection, agent: str) -> Report:
    rows = db.execute(
        "SELECT status, count(*), sum(answers - 1), sum(changed) FROM result WHERE agent_id=?"
        " GROUP BY status",
        (agent,),
    ).fetchall()
    return {
        "byStatus": {str(status): count for status, count, _, _ in rows},
        "repeated": sum(again for _, _, again, _ in rows),
        "changed": sum(changed for _, _, _, changed in rows),
    }


def _reported(db: sqlite3.Connection, agent: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    rows = db.execute(
        "SELECT body FROM document WHERE agent_id=? AND path LIKE 'reported/%'", (agent,)
    )
    for (body,) in rows:
        status = str(json.loads(body).get("status"))
        counts[status] = counts.get(status, 0) + 1
    return counts


def _one(db: sqlite3.Connection, query: str, agent: str) -> int:
    value: int = db.execute(query, (agent,)).fetchone()[0]
    return value
