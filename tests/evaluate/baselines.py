"""What others would use: each is a function of texts that returns a label for each.

Their packages serve this evaluation only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pythainlp.tokenize import word_tokenize
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_union
from sklearn.svm import LinearSVC
from snownlp import SnowNLP
from textblob import TextBlob
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from tests.evaluate.corpora import Halves

Labels = Sequence[str]
#: VADER's own recommendation for its compound score; taken for the others' too.
NEUTRAL = 0.05


class _Vectors(Protocol):
    def fit_transform(self, texts: Sequence[str]) -> csr_matrix: ...
    def transform(self, texts: Sequence[str]) -> csr_matrix: ...


def svm(halves: Halves) -> Mapping[str, Labels]:
    """Return what linear SVMs over TF-IDF of words 1-2 and characters 2-5 say."""
    vectors = make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char", ngram_range=(2, 5), sublinear_tf=True),
    )
    return _machines(halves, vectors)


def thai_svm(halves: Halves) -> Mapping[str, Labels]:
    """Return what linear SVMs over TF-IDF of PyThaiNLP's words 1-2 say."""
    vectors = TfidfVectorizer(
        tokenizer=word_tokenize, token_pattern=None, ngram_range=(1, 2), sublinear_tf=True
    )
    return _machines(halves, vectors)


def vader(texts: Sequence[str]) -> Labels:
    """Return what VADER says."""
    analyzer = SentimentIntensityAnalyzer()
    return _by_polarity(texts, lambda text: analyzer.polarity_scores(text)["compound"])


def textblob(texts: Sequence[str]) -> Labels:
    """Return what TextBlob says."""
    return _by_polarity(texts, lambda text: TextBlob(text).sentiment.polarity)


def snownlp(texts: Sequence[str]) -> Labels:
    """Return what SnowNLP says, its probability of praise brought to -1 to 1."""
    return _by_polarity(texts, lambda text: 2 * SnowNLP(text).sentiments - 1)


def keyword_rules(texts: Sequence[str]) -> Labels:
    """Return what a list of keywords says, as a team would write one in an hour."""
    return [
        next(
            (reason for reason, words in _KEYWORDS.items() if any(word in text for word in words)),
            "",
        )
        for text in map(str.lower, texts)
    ]


def _machines(halves: Halves, vectors: _Vectors) -> Mapping[str, Labels]:
    """Return the labels by a machine as scikit-learn makes it, and by one with balanced classes."""
    learn = vectors.fit_transform(halves.learn.texts)
    judge = vectors.transform(halves.judge.texts)
    machines = {
        "linear SVM": LinearSVC(random_state=0),
        "linear SVM, balanced": LinearSVC(class_weight="balanced", random_state=0),
    }
    return {
        name: [str(label) for label in machine.fit(learn, halves.learn.labels).predict(judge)]
        for name, machine in machines.items()
    }


def _by_polarity(texts: Sequence[str], polarity: Callable[[str], float]) -> Labels:
    return [_label(polarity(text)) for text in texts]


def _label(polarity: float) -> str:
    if abs(polarity) < NEUTRAL:
        return "neutral"
    return "positive" if polarity > 0 else "negative"


_KEYWORDS: Mapping[str, Sequence[str]] = {
    "Damaged Luggage": ("damaged", "broken bag", "broke my"),
    "Lost Luggage": ("luggage", "baggage", "my bag", "suitcase"),
    "Cancelled Flight": ("cancel",),
    "Late Flight": ("delay", "late", "hours", "waiting"),
    "longlines": ("line", "queue"),
    "Flight Attendant Complaints": ("attendant", "rude", "crew", "staff"),
    "Flight Booking Problems": ("book", "website", "reservation", "ticket", "app "),
    "Bad Flight": ("seat", "food", "wifi", "tv", "plane"),
    "Customer Service Issue": ("customer service", "hold", "phone", "call", "help", "refund"),
}
