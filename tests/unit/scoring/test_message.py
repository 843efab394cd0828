from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.domain.analysis import DIGITS, Analysis
from services.scoring.domain.history import Earlier
from services.scoring.domain.message import SOURCE, TYPE, scored_json
from services.scoring.domain.review import Contradiction
from services.scoring.domain.scorer import Scored
from services.scoring.domain.text.opinion import Opinion
from shared.contracts import events as events_module
from shared.contracts.codec import encode, parser
from shared.contracts.events import FeedbackScored, FeedbackSubmitted, Judgement, ScoredFeedback
from shared.ids import feedback_id
from tests.unit.program.samples import program
from tests.unit.scoring.events import events
from tests.unit.scoring.scorers import scorer_of

moments = st.datetimes(datetime(1990, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


labels = st.none() | st.sampled_from(["negative", "late", '\U0001f600 "quoted"'])
opinions = st.builds(Opinion, labels, st.floats(0, 1))
analyses = st.builds(
    Analysis,
    st.sampled_from([None, "en", "hmn", "zh"]),
    opinions,
    opinions,
    opinions,
    st.lists(st.sampled_from(["speed", "people"]), unique=True).map(tuple),
)
pasts = st.none() | st.builds(Earlier, st.integers(0, 100), st.integers(0, 100))
contradictions = st.sampled_from([None, *get_args(Contradiction)])


@given(events, moments, analyses, pasts, contradictions, st.booleans())
def test_the_message_is_the_event_that_the_contract_would_write(
    event: FeedbackSubmitted,
    received_at: datetime,
    analysis: Analysis,
    earlier: Earlier | None,
    review: Contradiction | None,
    co_creation: bool,
) -> None:
    identity = feedback_id(event.tenant, event.source, event.id)
    verdict = scorer_of(program()).score(event.data).verdict
    scored = Scored(verdict, analysis, earlier, review, co_creation)
    message = scored_json(event, identity, received_at, scored)
    written = event.data.model_dump_json(exclude_none=True).encode()
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
            input_sha256=sha256(written).hexdigest(),
            language=analysis.language,
            sentiment=_told(analysis.sentiment),
            theme=_told(analysis.theme),
            cause=_told(analysis.cause),
            drivers=analysis.drivers or None,
            earlier=earlier and events_module.Earlier.model_validate(earlier._asdict()),
            review=review,
            co_creation=True if co_creation else None,
            score=verdict.score,
        ),
    )
    assert message.encode() == encode(expected)
    assert parser(FeedbackScored)(message.encode()) == expected


def _told(opinion: Opinion) -> Judgement | None:
    if opinion.label is None:
        return None
    return Judgement(label=opinion.label, probability=round(opinion.probability, DIGITS))
