BEGIN TRANSACTION;
CREATE TABLE action (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    state TEXT NOT NULL,
    doc TEXT NOT NULL
, finished_s REAL) STRICT;
INSERT INTO "action" VALUES('old','garage','CANCELLED','{"id":"old","device":"garage","device_kind":"charger","kind":"SET_MAX_CURRENT","value":10.0,"state":"CANCELLED","created_at":"2026-06-01T12:00:00+00:00","updated_at":"2026-06-01T12:00:00+00:00","completed_at":"2026-06-01T12:00:00+00:00","failure":{"type":"CONFLICT","detail":"garage got a newer wish"},"requested_by":"user","request_id":null,"device_commanded":"garage","created_mono_s":1.5,"boot_id":"boot","window_s":300.0,"attempts":0,"sent_mono_s":null}',1780315200.0);
INSERT INTO "action" VALUES('new','garage','PENDING','{"id":"new","device":"garage","device_kind":"charger","kind":"SET_MAX_CURRENT","value":10.0,"state":"PENDING","created_at":"2026-06-01T12:00:00+00:00","updated_at":"2026-06-01T12:00:00+00:00","completed_at":null,"failure":null,"requested_by":"user","request_id":null,"device_commanded":"garage","created_mono_s":1.5,"boot_id":"boot","window_s":300.0,"attempts":0,"sent_mono_s":null}',NULL);
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
CREATE TABLE cursor (device TEXT PRIMARY KEY, to_s INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE dirty (q INTEGER PRIMARY KEY) STRICT;
INSERT INTO "dirty" VALUES(1978128);
INSERT INTO "dirty" VALUES(1978129);
CREATE TABLE document (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (kind, id)
) STRICT, WITHOUT ROWID;
INSERT INTO "document" VALUES('location','home','{"kind":"location","id":"home","rev":0,"seen_rev":2,"problem":"no","source":"cloud","value":{"id":"home","name":"Home","latitude_deg":52.5,"longitude_deg":null,"timezone":"UTC","chargers":["garage"]}}');
INSERT INTO "document" VALUES('schedule','s1','{"kind":"schedule","id":"s1","rev":3,"seen_rev":3,"problem":null,"source":"cloud","value":{"id":"s1","name":"Nächte","target":"garage","target_kind":"charger","location":"home","enabled":true,"default_should_charge":false,"rules":[{"should_charge":true,"from_minute":1320,"to_minute":360,"weekdays":[0,6],"from_at":null,"to_at":null},{"should_charge":false,"from_minute":null,"to_minute":null,"weekdays":null,"from_at":"2026-06-01T12:00:00+00:00","to_at":"2026-06-08T12:00:00+00:00"}]}}');
INSERT INTO "document" VALUES('schedule','s2','{"kind":"schedule","id":"s2","rev":5,"seen_rev":5,"problem":null,"source":"local","value":null}');
CREATE TABLE executed (
    request_id TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    at_s REAL NOT NULL,
    doc TEXT NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "executed" VALUES('r1','f1',1780315200.0,'{"action":{"id":"new","device":"garage","device_kind":"charger","kind":"SET_MAX_CURRENT","value":10.0,"state":"PENDING","created_at":"2026-06-01T12:00:00+00:00","updated_at":"2026-06-01T12:00:00+00:00","completed_at":null,"failure":null,"requested_by":"user","request_id":null,"device_commanded":"garage","created_mono_s":1.5,"boot_id":"boot","window_s":300.0,"attempts":0,"sent_mono_s":null},"override":{"id":"now","device":"garage","device_kind":"charger","created_at":"2026-06-01T12:00:00+00:00","ended_at":null,"action_id":"new","seen_charging":false,"seen_plugged_in":false,"idle_mono_s":null},"problem":null,"status":200}');
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    device TEXT NOT NULL,
    doc TEXT NOT NULL
) STRICT;
INSERT INTO "journal" VALUES(1,1780315200.0,'garage','{"at":"2026-06-01T12:00:00+00:00","device":"garage","reason":{"code":"surplus","sentence":"the sun shines","inputs":{"power_w":4200.0},"changes_at":null},"does":"charge at 6 A"}');
INSERT INTO "journal" VALUES(2,1780315200.0,'garage','{"at":"2026-06-01T12:00:00+00:00","device":"garage","reason":{"code":"surplus","sentence":"the sun shines","inputs":{"power_w":4200.0},"changes_at":null},"does":"pause"}');
CREATE TABLE lost (from_s INTEGER PRIMARY KEY, to_s INTEGER NOT NULL) STRICT;
CREATE TABLE meta (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
INSERT INTO "meta" VALUES('acked_seq',1);
INSERT INTO "meta" VALUES('last_at_s',1780315200);
INSERT INTO "meta" VALUES('memory',X'00706C616E');
INSERT INTO "meta" VALUES('pairing',X'007061697273');
CREATE TABLE note (
    topic TEXT NOT NULL,
    key TEXT NOT NULL,
    doc TEXT NOT NULL,
    PRIMARY KEY (topic, key)
) STRICT, WITHOUT ROWID;
INSERT INTO "note" VALUES('ocpp','garage','{"keys":["a"]}');
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
INSERT INTO "outbox" VALUES(2,1,1780315202.0,NULL,'user:charger:updated','charger/garage',X'01432E7E8D0817ADE8E5647A62116890A3B61600',NULL,NULL);
INSERT INTO "outbox" VALUES(3,1,1780315203.0,NULL,'user:vendor-action:updated',NULL,X'01432E7E8D0917ADE8E5645262519E526D2D00',NULL,NULL);
CREATE TABLE override (id TEXT PRIMARY KEY, open INTEGER NOT NULL, doc TEXT NOT NULL) STRICT;
INSERT INTO "override" VALUES('now',1,'{"id":"now","device":"garage","device_kind":"charger","created_at":"2026-06-01T12:00:00+00:00","ended_at":null,"action_id":"new","seen_charging":false,"seen_plugged_in":false,"idle_mono_s":null}');
INSERT INTO "override" VALUES('then',0,'{"id":"then","device":"garage","device_kind":"charger","created_at":"2026-06-01T12:00:00+00:00","ended_at":"2026-06-01T12:00:00+00:00","action_id":"new","seen_charging":false,"seen_plugged_in":false,"idle_mono_s":null}');
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
INSERT INTO "raw" VALUES(1780316701,1,NULL);
INSERT INTO "raw" VALUES(1780316701,2,NULL);
CREATE TABLE resource (
    type TEXT NOT NULL,
    id TEXT NOT NULL,
    rev INTEGER NOT NULL,
    doc BLOB,
    PRIMARY KEY (type, id)
) STRICT;
INSERT INTO "resource" VALUES('charger','barn',7,NULL);
INSERT INTO "resource" VALUES('charger','garage',2,X'7B226964223A22676172616765227D');
CREATE TABLE run (id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, boot_id TEXT NOT NULL) STRICT;
INSERT INTO "run" VALUES(1,'98382390-b2f0-4cf1-8537-26fa9481c00d','');
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
CREATE INDEX finished_actions ON action (device, finished_s) WHERE state <> 'PENDING';
CREATE INDEX unstamped ON outbox (seq) WHERE mono_s IS NOT NULL;
CREATE INDEX tombstone ON outbox (seq, from_seq) WHERE body IS NULL;
CREATE INDEX open_overrides ON override (id) WHERE open;
CREATE TABLE grid_log (
    id INTEGER PRIMARY KEY,
    at_s REAL NOT NULL,
    doc TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER grid_log_stays BEFORE UPDATE ON grid_log
BEGIN SELECT raise(ABORT, 'the log of grid orders is never changed'); END;
INSERT INTO "grid_log" VALUES(1,1780315200.0,'{"word":"began"}','','5571040521fe82ff29b8694f51989e014261ec1ba11d8765f22de8af934c2d99');
CREATE TABLE plan (
    id TEXT PRIMARY KEY,
    device TEXT NOT NULL,
    created_s REAL NOT NULL,
    doc TEXT NOT NULL
) STRICT;
CREATE INDEX plans_in_order ON plan (created_s);
INSERT INTO "plan" VALUES('p1','zoe',1780315200.0,'{"id":"p1","device":"zoe"}');
COMMIT;
PRAGMA user_version = 5;
