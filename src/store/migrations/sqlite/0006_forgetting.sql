-- Old events are forgotten with their deliveries.
CREATE INDEX delivery_event ON delivery (event);
