-- Every version of a tenant's policy; the highest is the one in force. `document` is the canonical
-- JSON whose SHA-256 is `hash`; `put_by` and `summary` are JSON.
CREATE TABLE policy (
    org INTEGER NOT NULL REFERENCES organization (nr),
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    document TEXT NOT NULL,
    put_by TEXT NOT NULL,
    put_at INTEGER NOT NULL,
    reason TEXT,
    summary TEXT NOT NULL,
    PRIMARY KEY (org, version)
) STRICT;

-- A change that waits for a second pair of eyes; a tenant has one at most.
CREATE TABLE pending_change (
    org INTEGER PRIMARY KEY REFERENCES organization (nr),
    id BLOB NOT NULL,
    body TEXT NOT NULL
) STRICT;

-- The instant at which people are to be reminded, or more of them asked. Only requests that wait
-- for the customer have one, so the index stays small.
ALTER TABLE request ADD COLUMN wake INTEGER;
CREATE INDEX request_wake ON request (wake) WHERE wake IS NOT NULL;

-- Emergency access is rare, and is looked for among all the requests of a tenant.
CREATE INDEX request_emergency ON request (org, created, identity)
    WHERE json_extract(body, '$.emergency') IS NOT NULL;
