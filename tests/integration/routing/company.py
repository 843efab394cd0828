"""A small company for the tests of follow-ups: its program, and what its customers said."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.contracts.events import FeedbackScored
from shared.ids import feedback_id
from shared.program.document import Program

TENANT = "demo"
OTHER_TENANT = "other"
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)

DOCUMENT: dict[str, Any] = {
    "tenant": TENANT,
    "version": 1,
    "name": "Mekong Home",
    "time_zone": "Asia/Vientiane",
    "departments": [
        {"id": "logistics", "name": "Logistics", "head": "vilay"},
        {"id": "finance", "name": "Finance", "head": "ana"},
    ],
    "owners": [
        {"id": "mali", "name": "Mali Chan"},
        {"id": "noy", "name": "Noy Keo"},
        {"id": "somchai", "name": "Somchai Dee"},
        {"id": "ana", "name": "Ana Ruiz"},
        {"id": "vilay", "name": "Vilay Sing"},
    ],
    "teams": [
        {
            "id": "delivery-care",
            "name": "Delivery care",
            "department": "logistics",
            "lead": "vilay",
            "owners": ["mali", "noy", "somchai"],
        },
        {
            "id": "billing-care",
            "name": "Billing care",
            "department": "finance",
            "lead": "ana",
            "owners": ["ana", "noy"],
        },
    ],
    "touchpoints": [
        {"id": "delivery", "name": "Delivery", "team": "delivery-care"},
        {"id": "billing", "name": "Bills and refunds", "team": "billing-care"},
    ],
    "default_team": "delivery-care",
    "taxonomy": {
        "what": [
            {"id": "late", "name": "It came late"},
            {"id": "damaged", "name": "It arrived damaged"},
            {"id": "overcharged", "name": "The bill was too high"},
        ],
        "why": [
            {"id": "carrier", "name": "The carrier failed"},
            {"id": "system", "name": "A system was down"},
            {"id": "unknown", "name": "Not known"},
        ],
    },
    "sla": [
        {"severity": "critical", "resolve_hours": 4},
        {"severity": "high", "resolve_hours": 24},
        {
            "severity": "medium",
            "acknowledge_hours": 1,
            "first_contact_hours": 3,
            "resolve_hours": 48,
            "pause": {"max_hours": 10},
        },
        {"severity": "low", "resolve_hours": 120},
    ],
    "contact": {
        "unreachable_after": {"attempts": 2, "days": 1},
        "mail": {"from": "care@mekong-home.example"},
    },
}

PROGRAM = Program.model_validate(DOCUMENT)
OTHER_PROGRAM = Program.model_validate({**DOCUMENT, "tenant": OTHER_TENANT})
PROGRAMS = {TENANT: PROGRAM, OTHER_TENANT: OTHER_PROGRAM}

WORDS = [
    ("en", "The parcel came nine days late and nobody called me back. I had to ask three times."),
    ("lo", "ເຄື່ອງມາຊ້າຫຼາຍມື້ ແລະ ບໍ່ມີໃຜໂທຫາຂ້ອຍເລີຍ. ຂ້ອຍຢາກໄດ້ເງິນຄືນ."),
    ("th", "พัสดุมาช้ามาก กล่องบุบ และไม่มีใครรับโทรศัพท์ ผิดหวังกับบริการครั้งนี้จริง ๆ"),
    ("zh", "包裹晚到了九天,箱子也破了,客服一直没有回复,我非常失望。"),
    ("kk", "Тапсырыс тоғыз күнге кешікті, ешкім хабарласпады. Ақшамды қайтарыңыздар."),
    ("hmn", "Kuv lub pob khoom tuaj lig heev thiab tsis muaj leej twg hu rov qab rau kuv."),
    ("es", "El paquete llegó nueve días tarde y nadie me devolvió la llamada. Quiero mi dinero."),
    (None, None),
]


def scored(  # noqa: PLR0913  (each says one thing that a test may care about)
    number: int,
    *,
    tenant: str = TENANT,
    flagged: bool = True,
    touchpoint: str = "delivery",
    severity: str = "high",
    language: str | None = "en",
    text: str | None = "Late again.",
    received_at: datetime = NOW,
    **feedback: object,
) -> FeedbackScored:
    """Return what scoring says of the customer's event with this number."""
    event = {
        "specversion": "1.0",
        "id": str(event_id(number, tenant)),
        "source": "urn:closedloop:scoring",
        "type": "feedback.scored.v1",
        "tenant": tenant,
        "data": {
            "feedback_id": str(event_id(number, tenant)),
            "received_at": received_at.isoformat(),
            "language": language,
            "feedback": {
                "customer_id": f"C-{number:05}",
                "touchpoint": touchpoint,
                "listening_post": "survey",
                "occurred_at": (received_at - timedelta(hours=1)).isoformat(),
                "rating": {"scale": "nps", "value": 2},
                "text": text,
                **feedback,
            },
            "score": {
                "category": "detractor" if flagged else "promoter",
                "severity": severity if flagged else "none",
                "flagged": flagged,
                "rule": "late-delivery" if flagged else None,
                "reason": "The customer says that the delivery was late" if flagged else "Happy",
                "program_version": 1,
            },
        },
    }
    return FeedbackScored.model_validate_json(json.dumps(event))


def event_id(number: int, tenant: str = TENANT) -> UUID:
    """Return the feedback id of the event with this number."""
    return feedback_id(tenant, "tests", str(number))
