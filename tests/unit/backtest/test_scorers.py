from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.backtest.scorers import Contest, open_scorers
from shared.contracts.events import FeedbackSubmitted
from tests.unit.backtest.support import job, program
from tests.unit.program.samples import rule
from tests.unit.scoring.events import events
from tests.unit.scoring.scorers import scorer_of

CANDIDATE = program([rule("sentiment == 'negative'"), rule("sentiment == 'positive'", name="fan")])
ALONE = (scorer_of(program()), scorer_of(CANDIDATE))
SAID = ["Terrible, awful, never again", "Wonderful, thank you so much", ""]


@settings(max_examples=60)
@given(st.lists(st.tuples(events, st.sampled_from(SAID)), max_size=6))
def test_two_scorers_that_share_their_judges_say_what_each_says_alone(
    spoken: list[tuple[FeedbackSubmitted, str]],
) -> None:
    together = open_scorers(Contest(job=job(CANDIDATE)))
    for event, text in spoken:
        said = event.data.model_copy(update={"text": text or event.data.text})
        for scorer, alone in zip(together, ALONE, strict=True):
            assert scorer.score(said) == alone.score(said)
