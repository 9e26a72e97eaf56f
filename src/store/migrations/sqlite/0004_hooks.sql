-- Since when a request's decision hooks are to be asked. Only requests that wait for their hooks have
-- it, so the index is empty most of the time.
ALTER TABLE request ADD COLUMN asking INTEGER;
CREATE INDEX request_asking ON request (asking) WHERE asking IS NOT NULL;
