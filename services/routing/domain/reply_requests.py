"""The message that asks a tenant's own system to send a reply."""

from __future__ import annotations

import json

from services.routing.domain.changes import SOURCE
from services.routing.domain.channel_messages import REPLY_REQUESTED, ChannelReply
from services.routing.domain.deliveries import NewDelivery

TYPE = f"{REPLY_REQUESTED}.v1"


def delivery_of(reply: ChannelReply) -> NewDelivery:
    """Return what goes to the webhook of the reply: under the reply's id, each time.

    Replies of one follow-up go in order.
    """
    return NewDelivery(
        tenant=reply.tenant,
        webhook_id=reply.message.webhook_id,
        message_id=str(reply.reply_id),
        event=REPLY_REQUESTED,
        lane=reply.followup_id,
        position=reply.version,
        body=_event_of(reply),
    )


def _event_of(reply: ChannelReply) -> str:
    message = reply.message
    event = {
        "specversion": "1.0",
        "id": str(reply.reply_id),
        "source": SOURCE,
        "type": TYPE,
        "time": reply.created_at.isoformat(),
        "subject": reply.customer_id,
        "datacontenttype": "application/json",
        "tenant": reply.tenant,
        "data": {
            "reply_id": str(reply.reply_id),
            "followup_id": str(reply.followup_id),
            "version": reply.version,
            "customer_id": reply.customer_id,
            "channel": message.channel,
            "channel_name": message.channel_name,
            "to": message.recipient,
            "language": message.language,
            "text": message.body,
        },
    }
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))
