-- Plans of smart charging, the one that runs among them.
CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    created_s REAL NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX plans_in_order ON plan (created_s);
