"""What is measured on each body of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from services.scoring.adapters.models import SHIPPED, load
from services.scoring.domain.text.data import sentiment_words
from services.scoring.domain.text.lexicon import LexiconJudge
from services.scoring.domain.text.linear import Model, Origin
from services.scoring.domain.text.words import WordsJudge
from services.scoring.training.fit import TrainingError, fit
from services.scoring.training.fit_several import fit_several
from services.scoring.training.shipped import split, wisesight
from shared.program.taxonomy import taxonomy
from tests.evaluate import baselines, corpora
from tests.evaluate.corpora import Halves, Labelled, Reviewed
from tests.evaluate.findings import Finding, Section
from tests.evaluate.judging import judge_of, macro_f1, macro_f1_of_several, trust
from tests.evaluate.languages import languages
from tests.evaluate.reasons import reasons_by_airline
from tests.evaluate.speed import speed

ABOVE_VADER = 0.08
BY_TAXONOMY = 0.45
THAI = 0.68
MAMS = 0.70


def airline_sentiment() -> Section:
    """Sentiment of airline tweets, with the tenant's own labels and with what ships."""
    halves = corpora.airline_sentiment()
    truth, texts = halves.judge.labels, halves.judge.texts
    others = _others(halves)
    vader = macro_f1(truth, baselines.vader(texts))
    lexicon = LexiconJudge(sentiment_words())
    shipped = [lexicon.judge(text, "en").label or "neutral" for text in texts]
    findings = [
        *_trained(halves, others),
        *others,
        Finding(
            "macro-F1, with only what ships (words)",
            macro_f1(truth, shipped),
            least=vader + ABOVE_VADER,
        ),
        Finding("macro-F1, VADER", vader),
        Finding("macro-F1, TextBlob", macro_f1(truth, baselines.textblob(texts))),
    ]
    return Section("Airline tweets: sentiment (3)", _note(halves), findings)


def airline_reasons() -> Section:
    """Reasons of complaints, with the tenant's own labels and with the taxonomy's words alone."""
    halves = corpora.airline_reasons()
    truth, texts = halves.judge.labels, halves.judge.texts
    others = _others(halves)
    reasons = taxonomy("airline")["what"]
    by_words = WordsJudge({one["id"]: one["words"] for one in reasons})
    said = [by_words.judge(text, "en").label for text in texts]
    findings = [
        *_trained(halves, others),
        *others,
        Finding(
            "macro-F1, with only the taxonomy's words",
            macro_f1(truth, [REASONS.get(one, "") for one in said]),
            least=BY_TAXONOMY,
        ),
        Finding("share that these words have an opinion on", 1 - said.count(None) / len(said)),
        Finding("macro-F1, keyword rules", macro_f1(truth, baselines.keyword_rules(texts))),
    ]
    note = (
        f"{_note(halves)} The words are those of the airline taxonomy that ships, which was "
        "written for this project; what they have no opinion on counts as wrong. "
        "The keyword rules are a few words for each reason, the first reason that has one wins."
    )
    return Section("Airline tweets: reasons of complaint (9)", note, findings)


def confirmed() -> Section:
    """The same trainer on parts by which nothing about it was chosen."""
    thai_learn, _ = split(wisesight(corpora.DATA))
    learns = {
        "airline sentiment": corpora.airline_sentiment().learn,
        "airline reasons": corpora.airline_reasons().learn,
        "Thai sentiment": Labelled(*zip(*thai_learn, strict=True)),
    }
    rows = [one for name, learn in learns.items() for one in _confirmed(name, learn)]
    missed = [f"{row.what} ({row.value:.3f}, {row.bound})" for row in rows if not row.kept]
    bounded = sum(bool(row.bound) for row in rows)
    note = (
        "While the trainer was built, a few of its choices (one slope for all labels, folds in "
        "the order of time) were seen to do well on the parts that judge above. Here it judges "
        "texts that it learns from there: the last quarter of those, after learning from the "
        "first three, of the airline by time. There is less to learn from, and far more of the "
        "airline tweets are complaints in that quarter than before. "
        f"Of the {bounded} bounds that these figures have above, {bounded - len(missed)} "
        f"hold here too. Not: {'; '.join(missed) or 'none'}."
    )
    findings = [row._replace(least=None, most=None) for row in rows]
    return Section("The same trainer, judged by other parts", note, findings)


def _confirmed(name: str, learn: Labelled) -> list[Finding]:
    halves = corpora.within(learn)
    machines = baselines.thai_svm if "Thai" in name else baselines.svm
    others = _compared("", machines(halves), halves.judge)
    best = max(one.value for one in others)
    rows = [*_trained(halves, others), Finding("macro-F1, the better linear SVM", best)]
    return [row._replace(what=f"{name}: {row.what}") for row in rows]


def thai() -> Section:
    """Sentiment in Thai, by the model that ships."""
    learn, judge = (Labelled(*zip(*part, strict=True)) for part in split(wisesight(corpora.DATA)))
    shipped = judge_of(load(SHIPPED / "sentiment-th.npz"))
    said = [shipped.choice(text) for text in judge.texts]
    others = baselines.thai_svm(Halves(learn, judge))
    findings = [
        Finding("macro-F1, the model that ships", macro_f1(judge.labels, said), least=THAI),
        *trust(shipped, judge),
        *_compared("PyThaiNLP's words + ", others, judge),
    ]
    note = (
        f"Wisesight: {len(learn.texts):,} texts to learn from, {len(judge.texts):,} to judge by, "
        "split by the hash of the text, copies made one; questions count as neutral."
    )
    return Section("Thai: sentiment (3)", note, findings)


def mams() -> Section:
    """Aspect categories of English restaurant reviews, and their polarity."""
    learn = [*corpora.mams("train"), *corpora.mams("val")]
    judged = corpora.mams("test")
    return Section(
        "English restaurant reviews (MAMS): aspect categories (8)",
        f"{len(learn):,} sentences to learn from, {len(judged):,} to judge by (MAMS's own test "
        "part). Each sentence speaks of several aspects of different polarity; a model for each "
        "category judges the sentence as a whole, so the polarity is a hard case for it. No "
        "sentence has one sentiment, so nothing about English sentiment is learnt here.",
        [
            Finding("macro-F1 of categories", _categories(learn, judged), least=MAMS),
            Finding("macro-F1 of polarity (3)", _polarity(learn, judged)),
        ],
    )


def asap() -> Section:
    """Aspects and polarity of Chinese restaurant reviews: few texts, reported only."""
    learn = [*corpora.asap("train"), *corpora.asap("dev")]
    judged = corpora.asap("test")
    truth = [polarity for one in judged for polarity in one.aspects.values()]
    snow = [
        label
        for one, label in zip(judged, baselines.snownlp([one.text for one in judged]), strict=True)
        for _ in one.aspects
    ]
    return Section(
        "Chinese restaurant reviews (ASAP samples): aspects",
        f"{len(learn)} reviews to learn from, {len(judged)} to judge by: too few for a bound.",
        [
            Finding("macro-F1 of the aspects that can be learnt", _categories(learn, judged)),
            Finding("macro-F1 of polarity (3), a model for each aspect", _polarity(learn, judged)),
            Finding("macro-F1 of polarity (3), SnowNLP on the whole review", macro_f1(truth, snow)),
        ],
    )


def _trained(halves: Halves, others: Sequence[Finding]) -> list[Finding]:
    judge = judge_of(_fitted(halves.learn, "evaluated"))
    said = [judge.choice(text) for text in halves.judge.texts]
    own = Finding(
        "macro-F1, trained on own labels",
        macro_f1(halves.judge.labels, said),
        least=max(one.value for one in others),
    )
    return [own, *trust(judge, halves.judge)]


def _others(halves: Halves) -> list[Finding]:
    return _compared("TF-IDF + ", baselines.svm(halves), halves.judge)


def _compared(what: str, said: Mapping[str, Sequence[str]], judged: Labelled) -> list[Finding]:
    return [
        Finding(f"macro-F1, {what}{name}", macro_f1(judged.labels, labels))
        for name, labels in said.items()
    ]


def _fitted(learn: Labelled, name: str) -> Model:
    return fit(learn.texts, learn.labels, origin=Origin(name=name))


def _categories(learn: Sequence[Reviewed], judged: Sequence[Reviewed]) -> float:
    common = _common(learn)
    model = fit_several(
        [one.text for one in learn],
        [common.intersection(one.aspects) for one in learn],
        origin=Origin(name="aspects"),
    )
    judge = judge_of(model)
    return macro_f1_of_several(
        [common.intersection(one.aspects) for one in judged],
        [judge.labels(one.text) for one in judged],
    )


def _common(learn: Sequence[Reviewed]) -> set[str]:
    """Return the aspects that enough texts speak of, and enough do not, to learn from them."""
    texts_with = Counter(name for one in learn for name in one.aspects)
    return {name for name, texts in texts_with.items() if FEWEST <= texts <= len(learn) - FEWEST}


def _polarity(learn: Sequence[Reviewed], judged: Sequence[Reviewed]) -> float:
    truth, said = [], []
    for name in sorted({name for one in judged for name in one.aspects}):
        texts = [one.text for one in judged if name in one.aspects]
        truth += [one.aspects[name] for one in judged if name in one.aspects]
        said += _polarities_of(name, learn, texts)
    return macro_f1(truth, said)


def _polarities_of(name: str, learn: Sequence[Reviewed], texts: Sequence[str]) -> list[str]:
    """Return the polarity of the aspect `name` in `texts`; neutral where there is no model."""
    known = [one for one in learn if name in one.aspects]
    try:
        model = _fitted(
            Labelled([one.text for one in known], [one.aspects[name] for one in known]), name
        )
    except TrainingError:
        return ["neutral"] * len(texts)
    return [judge_of(model).choice(text) for text in texts]


def _note(halves: Halves) -> str:
    return (
        f"{len(halves.learn.texts):,} tweets to learn from, the {len(halves.judge.texts):,} "
        "that came later to judge by. The bound is the better of the two machines."
    )


#: The reasons of the data by the entries of the airline taxonomy.
REASONS: Mapping[str | None, str] = {
    "late_flight": "Late Flight",
    "cancelled_flight": "Cancelled Flight",
    "lost_baggage": "Lost Luggage",
    "damaged_baggage": "Damaged Luggage",
    "queues": "longlines",
    "on_board": "Bad Flight",
    "booking": "Flight Booking Problems",
    "staff": "Flight Attendant Complaints",
    "customer_service": "Customer Service Issue",
}
FEWEST = 10
EACH = {
    "airline_feedback.csv": (airline_sentiment, airline_reasons, reasons_by_airline),
    "wisesight_th": (thai, confirmed),
    "mams_en": (mams,),
    "asap_zh": (asap,),
    "banking77_en": (languages, speed),
}


def sections() -> Iterator[Section]:
    """Yield what is measured on each body of texts."""
    for makes in EACH.values():
        for make in makes:
            yield make()
