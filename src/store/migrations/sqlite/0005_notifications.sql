-- Events wait in the outbox from their commit on; some are told later than that (`due`). `record`
-- is the record that says the rest. `told` is what the deliveries were made of.
ALTER TABLE outbox ADD COLUMN due INTEGER NOT NULL DEFAULT 0;
ALTER TABLE outbox ADD COLUMN record BLOB;
-- Nobody is told now of what happened before there were notifications.
UPDATE outbox SET state = 'told';
CREATE INDEX outbox_waiting ON outbox (due, nr) WHERE state = 'waiting';
CREATE INDEX outbox_digest ON outbox (request) WHERE state = 'waiting' AND event = 'engineerActed';
CREATE INDEX outbox_held ON outbox (org) WHERE state = 'needsAttention';
-- In the order in which subscribers hear of them.
CREATE INDEX outbox_order ON outbox (due, nr);
CREATE INDEX outbox_org ON outbox (org, due, nr);

-- One event for one receiver. `org` is the receiver's. A lane is what is served one by one: the
-- mail server, or a webhook. `next` is when it is tried next; a worker that is at it has it leased
-- until `lease`.
CREATE TABLE delivery (
    nr INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    org INTEGER NOT NULL REFERENCES organization (nr),
    event INTEGER NOT NULL REFERENCES outbox (nr),
    request BLOB,
    lane TEXT NOT NULL,
    target TEXT NOT NULL,
    audience TEXT NOT NULL,
    reasons TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created INTEGER NOT NULL,
    next INTEGER NOT NULL,
    lease INTEGER NOT NULL,
    result TEXT,
    done INTEGER
) STRICT;
CREATE INDEX delivery_due ON delivery (lane, next, nr) WHERE state = 'waiting';
CREATE INDEX delivery_order ON delivery (target, request, nr) WHERE state = 'waiting';
CREATE INDEX delivery_org ON delivery (org, nr);
CREATE INDEX delivery_request ON delivery (request, nr) WHERE request IS NOT NULL;

-- Receivers of an organization's events; `body` is JSON and holds the keys that sign them.
CREATE TABLE webhook (
    id BLOB PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX webhook_org ON webhook (org, id);

-- An organization's own texts of its mails.
CREATE TABLE template (
    org INTEGER NOT NULL REFERENCES organization (nr),
    event TEXT NOT NULL,
    language TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (org, event, language)
) STRICT, WITHOUT ROWID;
