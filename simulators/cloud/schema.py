"""The tables of the cloud's store."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS agent (
    agent_id TEXT PRIMARY KEY,
    ack_seq INTEGER NOT NULL DEFAULT 0,      -- all up to here is stored
    high_seq INTEGER NOT NULL DEFAULT 0,     -- the highest seq that events or heartbeats named
    redelivered INTEGER NOT NULL DEFAULT 0,  -- came again, was recognised
    malformed INTEGER NOT NULL DEFAULT 0,
    online INTEGER,
    boot_id TEXT,
    pending_events INTEGER,
    stuck INTEGER NOT NULL DEFAULT 0,        -- heartbeats in a row with events waiting, at stuck_at
    stuck_at INTEGER NOT NULL DEFAULT -1,
    claimed_seq INTEGER NOT NULL DEFAULT 0,  -- the highest seq that follows from those heartbeats
    samples_repeated INTEGER NOT NULL DEFAULT 0,
    samples_changed INTEGER NOT NULL DEFAULT 0  -- another value for the same instant
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    agent_id TEXT NOT NULL, seq INTEGER NOT NULL, event_id TEXT NOT NULL, kind TEXT NOT NULL,
    resource TEXT, resource_rev INTEGER, boot_id TEXT, received_s REAL NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (agent_id, seq)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS event_once ON event (agent_id, event_id);
CREATE TABLE IF NOT EXISTS dropped (
    agent_id TEXT NOT NULL, event_id TEXT NOT NULL, from_seq INTEGER NOT NULL,
    to_seq INTEGER NOT NULL, count INTEGER NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (agent_id, event_id)
) WITHOUT ROWID;
-- One seq with two eventIds, or one eventId with two seqs: kept, for nothing may be lost.
CREATE TABLE IF NOT EXISTS conflict (
    agent_id TEXT NOT NULL, seq INTEGER NOT NULL, event_id TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (agent_id, seq, event_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS boot (
    agent_id TEXT NOT NULL, boot_id TEXT NOT NULL, returns INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, boot_id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS series (
    series_id INTEGER PRIMARY KEY, agent_id TEXT NOT NULL, resource TEXT NOT NULL,
    name TEXT NOT NULL, UNIQUE (agent_id, resource, name)
);
CREATE TABLE IF NOT EXISTS sample (
    series_id INTEGER NOT NULL, at_us INTEGER NOT NULL, value REAL,
    PRIMARY KEY (series_id, at_us)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reach (           -- how far a resource's samples are complete
    agent_id TEXT NOT NULL, resource TEXT NOT NULL, from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL, to_text TEXT NOT NULL, messages INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, resource)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ahead (           -- stretches beyond a hole
    agent_id TEXT NOT NULL, resource TEXT NOT NULL, from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL, to_text TEXT NOT NULL,
    PRIMARY KEY (agent_id, resource, from_us, to_us)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS gap (             -- what the agent said that it let go
    agent_id TEXT NOT NULL, resource TEXT NOT NULL, from_us INTEGER NOT NULL,
    to_us INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (agent_id, resource, from_us, to_us)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS document (        -- retained: status, state/..., reported/...
    agent_id TEXT NOT NULL, path TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (agent_id, path)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS result (
    agent_id TEXT NOT NULL, request_id TEXT NOT NULL, status INTEGER, body TEXT NOT NULL,
    answers INTEGER NOT NULL DEFAULT 1, changed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agent_id, request_id)
) WITHOUT ROWID;
"""
