"""What is measured on each body of texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from services.scoring.adapters.models import SHIPPED, load
from services.scoring.domain.text.data import sentiment_words
from services.scoring.domain.text.lexicon import LexiconJudge
from services.scoring.domain.text.linear import Model, Origin
from services.scoring.training.fit import TrainingError, fit
from services.scoring.training.fit_several import fit_several
from services.scoring.training.shipped import split, wisesight
from tests.evaluate import baselines, corpora
from tests.evaluate.corpora import Halves, Labelled, Reviewed
from tests.evaluate.findings import Finding, Section
from tests.evaluate.judging import judge_of, macro_f1, macro_f1_of_several, trust

ABOVE_VADER = 0.08
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
    """Reasons of complaints, with the tenant's own labels."""
    halves = corpora.airline_reasons()
    others = _others(halves)
    findings = [*_trained(halves, others), *others]
    return Section("Airline tweets: reasons of complaint (9)", _note(halves), findings)


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


FEWEST = 10
EACH = {
    "airline_feedback.csv": (airline_sentiment, airline_reasons),
    "wisesight_th": (thai,),
    "mams_en": (mams,),
    "asap_zh": (asap,),
}


def sections() -> Iterator[Section]:
    """Yield what is measured on each body of texts."""
    for makes in EACH.values():
        for make in makes:
            yield make()
