-- Orders of the grid operator and how they were kept. Each row holds the hash of the one before,
-- so that a row that was changed or taken out shows; rows leave only after two years.
CREATE TABLE grid_log (
    id INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    doc TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER grid_log_stays BEFORE UPDATE ON grid_log
BEGIN SELECT raise(ABORT, 'the log of grid orders is never changed'); END;
