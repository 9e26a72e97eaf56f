-- Mails to addresses of nobody's own are counted, also across a restart of the daemon: with which
-- others (`purse`), by when each has its turn.
ALTER TABLE delivery ADD COLUMN purse TEXT;
CREATE INDEX delivery_purse ON delivery (org, purse, created) WHERE purse IS NOT NULL;
