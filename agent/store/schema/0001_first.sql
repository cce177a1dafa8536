-- Instants are Unix seconds; quarters are Unix seconds / 900; sample values are integers scaled by
-- their series' decimals.

CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

-- Facts ----------------------------------------------------------------------------------------

CREATE TABLE action (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    state TEXT NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX one_pending_action_per_device ON action (device) WHERE state = 'PENDING';

CREATE TABLE session (
    id TEXT PRIMARY KEY,
    charger TEXT NOT NULL,
    plugged_in_s REAL NOT NULL,
    open INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX open_sessions ON session (charger) WHERE open;

CREATE TABLE charge (
    id INTEGER PRIMARY KEY,
    dedupe TEXT NOT NULL UNIQUE,
    charger TEXT NOT NULL,
    open INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX open_charges ON charge (charger) WHERE open;

CREATE TABLE setting (key TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE counter (
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (device, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    device TEXT NOT NULL,
    doc TEXT NOT NULL
) STRICT;

-- Samples --------------------------------------------------------------------------------------

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    UNIQUE (device, name)
) STRICT;

-- Time first: appending 72 readings then touches one or two pages. Series first touches 72 and
-- writes twenty times as much to the card.
CREATE TABLE raw (
    t INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value INTEGER,
    PRIMARY KEY (t, series)
) STRICT, WITHOUT ROWID;

-- Series first: rarely written, read by series over months.
CREATE TABLE quarter (
    series INTEGER NOT NULL,
    q INTEGER NOT NULL,
    mean INTEGER NOT NULL,
    low INTEGER NOT NULL,
    high INTEGER NOT NULL,
    last INTEGER NOT NULL,
    known_s INTEGER NOT NULL,
    PRIMARY KEY (series, q)
) STRICT, WITHOUT ROWID;

-- Quarters whose raw rows changed since they were last summed up.
CREATE TABLE dirty (q INTEGER PRIMARY KEY) STRICT;
