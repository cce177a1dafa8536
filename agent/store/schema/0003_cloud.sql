-- What the cloud must still hear of -------------------------------------------------------------

-- The processes that made events; `id` ascends with `seq`.
CREATE TABLE run (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, boot_id TEXT NOT NULL) STRICT;

-- `seq` is given by Hearth, without a gap; rows leave from the front, when the cloud has them.
-- A row without a body stands for all of from_seq..seq, which were let go; `dropped` of them were
-- events. `resource` is set where a newer event of the same resource makes this one needless.
-- `mono_s` is set while the stamp cannot be trusted.
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY,
    run INTEGER NOT NULL,
    at_s REAL NOT NULL,
    mono_s REAL,
    name TEXT NOT NULL,
    resource TEXT,
    body BLOB,
    from_seq INTEGER,
    dropped INTEGER
) STRICT;
CREATE INDEX unstamped ON outbox (seq) WHERE mono_s IS NOT NULL;
CREATE INDEX tombstone ON outbox (seq, from_seq) WHERE body IS NULL;

-- Resources as they were last told; without a doc: gone.
CREATE TABLE resource (
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    rev INTEGER NOT NULL,
    doc BLOB,
    PRIMARY KEY (type, id)
) STRICT;

-- Up to when the cloud has a device's samples; the samples themselves are in `raw`.
CREATE TABLE cursor (device TEXT PRIMARY KEY, to_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Stretches in which samples never reached the disk.
CREATE TABLE lost (from_s INTEGER PRIMARY KEY, to_s INTEGER NOT NULL) STRICT;

-- What the cloud and people gave ------------------------------------------------------------------

CREATE TABLE executed (
    request_id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    at_s REAL NOT NULL,
    doc TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE document (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE override (id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) STRICT;
CREATE INDEX open_overrides ON override (id) WHERE open;
