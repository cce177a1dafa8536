-- Small durable facts of drivers (a charger's capabilities, quarantined registers).
CREATE TABLE note (
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (topic, key)
) STRICT, WITHOUT ROWID;

-- The last finished action of each device is found without reading them all.
ALTER TABLE action ADD COLUMN finished_s REAL;
UPDATE action SET finished_s = CAST(strftime('%s', json_extract(doc, '$.completed_at')) AS REAL)
WHERE state <> 'PENDING';
CREATE INDEX finished_actions ON action (device, finished_s) WHERE state <> 'PENDING';
