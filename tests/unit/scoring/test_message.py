from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.message import SOURCE, TYPE, scored_json
from services.scoring.domain.scorer import Scorer
from shared.contracts.codec import encode, parser
from shared.contracts.events import FeedbackScored, FeedbackSubmitted, ScoredFeedback
from shared.ids import feedback_id
from tests.unit.program.samples import program
from tests.unit.scoring.events import events

moments = st.datetimes(datetime(1990, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(events, moments, st.sampled_from([None, "en", "hmn", "zh"]))
def test_the_message_is_the_event_that_the_contract_would_write(
    event: FeedbackSubmitted, received_at: datetime, language: str | None
) -> None:
    identity = feedback_id(event.tenant, event.source, event.id)
    verdict = Scorer(program()).score(event.data, language)
    message = scored_json(event, identity, received_at, language, verdict.json)
    expected = FeedbackScored(
        specversion="1.0",
        id=str(identity),
        source=SOURCE,
        type=TYPE,
        time=received_at,
        subject=event.data.customer_id,
        tenant=event.tenant,
        data=ScoredFeedback(
            feedback_id=identity,
            received_at=received_at,
            feedback=event.data,
            language=language,
            score=verdict.score,
        ),
    )
    assert message.encode() == encode(expected)
    assert parser(FeedbackScored)(message.encode()) == expected
