BEGIN TRANSACTION;
CREATE TABLE action (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    state TEXT NOT NULL,
    doc TEXT NOT NULL
) STRICT;
INSERT INTO "action" VALUES('old','garage','CANCELLED','{"id":"old","device":"garage","device_kind":"charger","kind":"SET_MAX_CURRENT","value":10.0,"state":"CANCELLED","created_at":"2026-06-01T12:00:00+00:00","updated_at":"2026-06-01T12:00:00+00:00","completed_at":"2026-06-01T12:00:00+00:00","failure":{"type":"CONFLICT","detail":"garage got a newer wish"},"requested_by":"user","request_id":null,"device_commanded":"garage","created_mono_s":1.5,"boot_id":"boot","window_s":300.0,"attempts":0,"sent_mono_s":null}');
INSERT INTO "action" VALUES('new','garage','PENDING','{"id":"new","device":"garage","device_kind":"charger","kind":"SET_MAX_CURRENT","value":10.0,"state":"PENDING","created_at":"2026-06-01T12:00:00+00:00","updated_at":"2026-06-01T12:00:00+00:00","completed_at":null,"failure":null,"requested_by":"user","request_id":null,"device_commanded":"garage","created_mono_s":1.5,"boot_id":"boot","window_s":300.0,"attempts":0,"sent_mono_s":null}');
CREATE TABLE charge (
    id INTEGER PRIMARY KEY,
    dedupe TEXT NOT NULL UNIQUE,
    charger TEXT NOT NULL,
    open INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
INSERT INTO "charge" VALUES(202478400,'["garage","tag","2026-06-01T12:00:00+00:00",1.0]','garage',0,'{"id":202478400,"charger":"garage","id_tag":"tag","started_at":"2026-06-01T12:00:00+00:00","meter_start_wh":1.0,"stopped_at":"2026-06-01T13:00:00+00:00","meter_stop_wh":9.0,"stop_reason":"Local","reconstructed":false}');
INSERT INTO "charge" VALUES(202478401,'["garage","tag2","2026-06-01T12:00:00+00:00",null]','garage',1,'{"id":202478401,"charger":"garage","id_tag":"tag2","started_at":"2026-06-01T12:00:00+00:00","meter_start_wh":null,"stopped_at":null,"meter_stop_wh":null,"stop_reason":null,"reconstructed":false}');
CREATE TABLE counter (
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (device, name)
) STRICT, WITHOUT ROWID;
INSERT INTO "counter" VALUES('roof','production_wh','{"total_wh":5.5}');
CREATE TABLE dirty (q INTEGER PRIMARY KEY) STRICT;
INSERT INTO "dirty" VALUES(1978128);
INSERT INTO "dirty" VALUES(1978129);
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    device TEXT NOT NULL,
    doc TEXT NOT NULL
) STRICT;
INSERT INTO "journal" VALUES(1,1780315200.0,'garage','{"at":"2026-06-01T12:00:00+00:00","device":"garage","reason":{"code":"surplus","sentence":"the sun shines","inputs":{"power_w":4200.0},"changes_at":null},"does":"charge at 6 A"}');
INSERT INTO "journal" VALUES(2,1780315200.0,'garage','{"at":"2026-06-01T12:00:00+00:00","device":"garage","reason":{"code":"surplus","sentence":"the sun shines","inputs":{"power_w":4200.0},"changes_at":null},"does":"pause"}');
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('last_at_s',1780317000);
INSERT INTO "meta" VALUES('memory',X'00706C616E');
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
CREATE TABLE raw (
    t INTEGER NOT NULL,
    series INTEGER NOT NULL,
    value INTEGER,
    PRIMARY KEY (t, series)
) STRICT, WITHOUT ROWID;
INSERT INTO "raw" VALUES(1780315200,1,1000);
INSERT INTO "raw" VALUES(1780315200,2,5);
INSERT INTO "raw" VALUES(1780315500,1,1300);
INSERT INTO "raw" VALUES(1780315500,2,305);
INSERT INTO "raw" VALUES(1780315800,1,1600);
INSERT INTO "raw" VALUES(1780315800,2,605);
INSERT INTO "raw" VALUES(1780316100,1,1900);
INSERT INTO "raw" VALUES(1780316100,2,905);
INSERT INTO "raw" VALUES(1780316400,1,2200);
INSERT INTO "raw" VALUES(1780316400,2,1205);
INSERT INTO "raw" VALUES(1780316700,1,2500);
INSERT INTO "raw" VALUES(1780316700,2,1505);
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    device TEXT NOT NULL,
    name TEXT NOT NULL,
    decimals INTEGER NOT NULL,
    UNIQUE (device, name)
) STRICT;
INSERT INTO "series" VALUES(1,'roof','power_w',0);
INSERT INTO "series" VALUES(2,'roof','energy_wh',0);
CREATE TABLE session (
    id TEXT PRIMARY KEY,
    charger TEXT NOT NULL,
    plugged_in_s REAL NOT NULL,
    open INTEGER NOT NULL,
    doc TEXT NOT NULL
) STRICT;
INSERT INTO "session" VALUES('now','garage',1780315200.0,1,'{"id":"now","charger":"garage","plugged_in_at":"2026-06-01T12:00:00+00:00","plugged_out_at":null,"energy_wh":1234.5,"meter_start_wh":null,"max_power_w":null}');
INSERT INTO "session" VALUES('before','garage',1780315200.0,0,'{"id":"before","charger":"garage","plugged_in_at":"2026-06-01T12:00:00+00:00","plugged_out_at":"2026-06-01T13:00:00+00:00","energy_wh":1234.5,"meter_start_wh":null,"max_power_w":null}');
CREATE TABLE setting (key TEXT PRIMARY KEY, doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO "setting" VALUES('mode','{"garage":"solar"}');
CREATE UNIQUE INDEX one_pending_action_per_device ON action (device) WHERE state = 'PENDING';
CREATE INDEX open_sessions ON session (charger) WHERE open;
CREATE INDEX open_charges ON charge (charger) WHERE open;
COMMIT;
PRAGMA user_version = 1;
