-- name: insert_channel_reply
INSERT INTO routing.channel_reply (
    reply_id, tenant, followup_id, version, customer_id, channel, channel_name, webhook_id,
    language, recipient, body, written, by, created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14);

-- name: lock_carriers
-- Those of the webhooks $2 of the tenants $1 that carry replies, kept from being deleted until
-- the transaction ends. A disabled one carries them when it is enabled again.
SELECT webhook.webhook_id
FROM routing.webhook
JOIN unnest($1::text[], $2::uuid[]) AS named (tenant, webhook_id) USING (tenant, webhook_id)
WHERE 'reply.requested' = ANY (webhook.events)
ORDER BY webhook.webhook_id
FOR KEY SHARE OF webhook;

-- name: channel_replies
-- The replies of a follow-up, and how far each came: `is_given` to a webhook that is there.
SELECT reply.*, delivery.delivery_id IS NOT NULL AS is_given,
       webhook.disabled_at IS NOT NULL AS is_held, delivery.fault AS last_fault
FROM routing.channel_reply AS reply
LEFT JOIN routing.delivery
    ON delivery.webhook_id = reply.webhook_id AND delivery.message_id = reply.reply_id::text
LEFT JOIN routing.webhook ON webhook.webhook_id = reply.webhook_id
WHERE reply.followup_id = $1
ORDER BY reply.version;

-- name: channel_reply_for_update
SELECT * FROM routing.channel_reply
WHERE tenant = current_setting('closedloop.tenant') AND reply_id = $1
FOR UPDATE;

-- name: settle_reported
UPDATE routing.channel_reply SET state = $2, fault = $3, settled_at = $4, reported_at = $4
WHERE reply_id = $1;

-- name: waiting_channel_replies
-- Up to $4 that no webhook has: the channels $2 of the tenants $1 are now carried by $3.
SELECT reply.*, named.webhook_id AS carrier
FROM routing.channel_reply AS reply
JOIN unnest($1::text[], $2::text[], $3::uuid[]) AS named (tenant, channel, webhook_id)
    ON named.tenant = reply.tenant AND named.channel = reply.channel
JOIN routing.webhook
    ON webhook.webhook_id = named.webhook_id AND webhook.tenant = reply.tenant
   AND 'reply.requested' = ANY (webhook.events)
WHERE reply.state = 'queued'
  AND NOT EXISTS (
      SELECT FROM routing.delivery
      WHERE delivery.webhook_id = reply.webhook_id
        AND delivery.message_id = reply.reply_id::text)
ORDER BY reply.created_at, reply.reply_id
LIMIT $4
FOR UPDATE OF reply SKIP LOCKED;

-- name: give_to_carriers
UPDATE routing.channel_reply AS reply SET webhook_id = given.webhook_id
FROM unnest($1::uuid[], $2::uuid[]) AS given (reply_id, webhook_id)
WHERE reply.reply_id = given.reply_id;
