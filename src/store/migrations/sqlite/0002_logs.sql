-- A restore ends every log and begins another, so an organization has a chain of them. A record's
-- position counts through the whole chain; its sequence number in its log is the position less the
-- log's first. The log of the highest generation is the one that is written; an earlier one may be
-- empty.
CREATE TABLE log (
    org INTEGER NOT NULL REFERENCES organization (nr),
    generation INTEGER NOT NULL,
    first INTEGER NOT NULL,
    log_id BLOB NOT NULL UNIQUE,
    PRIMARY KEY (org, generation)
) STRICT, WITHOUT ROWID;
INSERT INTO log (org, generation, first, log_id) SELECT org, 0, 0, log_id FROM head;

-- The end of each chain. Positions, and with them sequence numbers, come from here and nowhere else.
CREATE TABLE head_of_chain (
    org INTEGER PRIMARY KEY REFERENCES organization (nr),
    next_position INTEGER NOT NULL
) STRICT;
INSERT INTO head_of_chain (org, next_position) SELECT org, next_sequence FROM head;
DROP TABLE head;
ALTER TABLE head_of_chain RENAME TO head;

ALTER TABLE record RENAME COLUMN sequence TO position;

-- `waiting`, or `needsAttention` after a restore: whether it was sent before is not known then.
ALTER TABLE outbox ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting';
