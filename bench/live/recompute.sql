-- What a client prepares. Parameters: moment, type, contact, source, id, value, properties; of `many` an array of each.
-- The order of contacts is the order in which the triggers by row take their locks.

-- one
INSERT INTO activity (occurred_at, type, contact, source, id, value, properties)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING;

-- many
INSERT INTO activity (occurred_at, type, contact, source, id, value, properties)
SELECT * FROM unnest($1::timestamp[], $2::kind[], $3::text[], $4::text[], $5::text[], $6::numeric[], $7::jsonb[])
  AS added (occurred_at, type, contact, source, id, value, properties)
ORDER BY contact ON CONFLICT DO NOTHING;

-- recompute: in the same transaction, without triggers; the parameter is whoever was sent.
SELECT known($1), rescore($1);
