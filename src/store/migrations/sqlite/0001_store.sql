-- Numbered, append-only, checksummed: never edit a migration that has been released.
-- Instants are milliseconds since 1970 UTC; ids are 16 bytes; `body` is the whole row as JSON,
-- and the columns beside it are what queries need. An organization is a small integer inside.

-- The high-water mark of the clock (`mark`), what `clock accept` accepted (`accepted_mark`), and,
-- in a test database only, the clock's offset (`test_offset`), which marks it as one for ever.
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE organization (
    nr INTEGER PRIMARY KEY,
    id BLOB NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    version INTEGER NOT NULL,
    next_reference INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX organization_provider ON organization (kind) WHERE kind = 'provider';

-- The end of each log. Sequence numbers come from here and nowhere else.
CREATE TABLE head (
    org INTEGER PRIMARY KEY REFERENCES organization (nr),
    log_id BLOB NOT NULL UNIQUE,
    next_sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE settings (
    org INTEGER PRIMARY KEY REFERENCES organization (nr),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;

CREATE TABLE principal (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    id BLOB NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    label TEXT NOT NULL,
    owner BLOB,
    enabled INTEGER NOT NULL,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX principal_label ON principal (org, label, kind);
CREATE INDEX principal_page ON principal (org, id);
CREATE INDEX principal_owner ON principal (org, owner) WHERE owner IS NOT NULL;

-- Names inside a scope are compared without case.
CREATE TABLE assignment (
    principal BLOB NOT NULL REFERENCES principal (id),
    role TEXT NOT NULL,
    scope TEXT NOT NULL COLLATE NOCASE,
    org INTEGER NOT NULL REFERENCES organization (nr),
    assigned_at INTEGER NOT NULL,
    PRIMARY KEY (principal, role, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX assignment_role ON assignment (org, role);

CREATE TABLE token (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    id BLOB NOT NULL UNIQUE,
    principal BLOB NOT NULL REFERENCES principal (id),
    hash BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX token_principal ON token (org, principal);

-- Bookkeeping that no rule reads.
CREATE TABLE token_use (
    token BLOB PRIMARY KEY,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE code (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    id BLOB NOT NULL UNIQUE,
    principal BLOB NOT NULL REFERENCES principal (id),
    hash BLOB NOT NULL UNIQUE,
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX code_principal ON code (principal);

-- `due` is the instant at which time alone moves the stored state on.
CREATE TABLE request (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    identity BLOB NOT NULL UNIQUE,
    reference TEXT NOT NULL,
    state TEXT NOT NULL,
    arrived INTEGER NOT NULL,
    grant_id BLOB,
    due INTEGER,
    created INTEGER NOT NULL,
    service TEXT NOT NULL COLLATE NOCASE,
    requester BLOB NOT NULL REFERENCES principal (id),
    version INTEGER NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX request_reference ON request (org, reference);
CREATE INDEX request_page ON request (org, created, identity);
CREATE INDEX request_page_all ON request (created, identity);
CREATE INDEX request_requester ON request (requester, created, identity);
CREATE UNIQUE INDEX request_grant ON request (grant_id) WHERE grant_id IS NOT NULL;
-- Only undecided requests and live access have a due instant, so these stay small.
CREATE INDEX request_due ON request (due) WHERE due IS NOT NULL;
CREATE INDEX request_open ON request (org, due) WHERE due IS NOT NULL;
CREATE INDEX request_open_requester ON request (requester, due) WHERE due IS NOT NULL;

-- The canonical bytes are the record; the columns before them are an index over it, in lower case.
CREATE TABLE record (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    sequence INTEGER NOT NULL,
    id BLOB NOT NULL,
    creation INTEGER NOT NULL,
    record_type INTEGER NOT NULL,
    operation TEXT NOT NULL,
    user_id TEXT NOT NULL,
    address TEXT NOT NULL,
    object_id TEXT NOT NULL,
    request BLOB,
    text TEXT NOT NULL,
    leaf_hash BLOB NOT NULL,
    canonical BLOB NOT NULL,
    beside TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX record_sequence ON record (org, sequence);
CREATE UNIQUE INDEX record_id ON record (org, id);
CREATE INDEX record_creation ON record (org, creation, sequence);
CREATE INDEX record_operation ON record (org, operation, creation, sequence);
CREATE INDEX record_user ON record (org, user_id, creation, sequence);
CREATE INDEX record_request ON record (org, request, creation, sequence)
    WHERE request IS NOT NULL;
CREATE INDEX record_object ON record (org, object_id, creation, sequence);

CREATE TABLE outbox (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    event TEXT NOT NULL,
    request BLOB,
    created INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
    nr INTEGER PRIMARY KEY,
    org INTEGER NOT NULL REFERENCES organization (nr),
    principal BLOB NOT NULL,
    method TEXT NOT NULL,
    key TEXT NOT NULL,
    digest BLOB NOT NULL,
    created INTEGER NOT NULL,
    answer TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX idempotency_key ON idempotency (org, principal, method, key);
CREATE INDEX idempotency_created ON idempotency (created);
