"""Makes a model from labelled texts and measures it on some that it did not learn from.

What is measured is the model that is given back, not one that was fitted once more to everything:
its figures are its own. Needs scikit-learn.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.training.judged import opinions
from deploy.training.labels import learnable
from deploy.training.trained import LabelRow, Stretch, Trained
from services.scoring.adapters.models import Target, packed
from services.scoring.domain.language import language_of
from services.scoring.domain.text.linear import Model, Origin
from services.scoring.domain.text.masking import mask
from services.scoring.domain.text.opinion import Opinion
from services.scoring.training.comparing import by_label, compare, figures
from services.scoring.training.fit import fit
from services.scoring.training.splitting import Labelled, Parts
from shared.program.document import Program

LICENCE = "the tenant's own"
#: A language of fewer texts than this share is not one that the model has learnt.
LEAST_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Incumbent:
    """What counts without the new model: a program and the tenant's models that it names."""

    program: Program
    own: Mapping[Target, Model]


def train(
    parts: Parts, *, target: Target, data: str, incumbent: Incumbent, compared: bool = True
) -> Trained:
    """Return a model learnt from the one part and judged by the other.

    `data` names the texts; unless `compared`, nothing else is asked. Labels of fewer than ten
    texts are left out. Raises TrainingError where fewer than two are left.
    """
    learn, left_out = learnable(parts)
    origin = Origin(
        name=target,
        languages=languages_of([one.text for one in learn.learn]),
        data=data,
        licence=LICENCE,
    )
    texts = [mask(one.text) for one in learn.learn]
    model, content = packed(fit(texts, [one.label for one in learn.learn], origin=origin))
    truth = [one.label for one in parts.judge]
    said = _opinions(parts.judge, target, incumbent, {target: model})
    others = _opinions(parts.judge, target, incumbent, {}) if compared else None
    return Trained(
        target=target,
        model=model,
        content=content,
        learnt=_stretch(learn.learn),
        judged=_stretch(parts.judge),
        labels=_rows(learn.learn, truth, said, others),
        figures=figures(truth, said),
        without=figures(truth, others) if others is not None else None,
        comparison=compare(truth, said, others) if others is not None else None,
        blind=compare(truth, said, _blind(learn.learn, len(truth))),
        left_out=left_out,
    )


def languages_of(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the languages (BCP 47) that enough of `texts` are written in, by the alphabet."""
    told = Counter(language for text in texts if (language := language_of(text)))
    least = LEAST_SHARE * told.total()
    return tuple(sorted(language for language, number in told.items() if number >= least))


def _blind(learn: Sequence[Labelled], texts: int) -> list[Opinion]:
    """Return the opinions of someone who reads no text and always says the commonest label."""
    ((commonest, _),) = Counter(one.label for one in learn).most_common(1)
    return [Opinion(commonest, 1.0)] * texts


def _opinions(
    judged: Sequence[Labelled],
    target: Target,
    incumbent: Incumbent,
    instead: Mapping[Target, Model],
) -> list[Opinion]:
    own = {**incumbent.own, **instead}
    return opinions([one.text for one in judged], target, incumbent.program, own)


def _stretch(part: Sequence[Labelled]) -> Stretch:
    moments = [one.moment for one in part if one.moment is not None]
    return Stretch(
        texts=len(part), first=min(moments, default=None), last=max(moments, default=None)
    )


def _rows(
    learn: Sequence[Labelled],
    truth: Sequence[str],
    said: Sequence[Opinion],
    others: Sequence[Opinion] | None,
) -> list[LabelRow]:
    learnt = Counter(one.label for one in learn)
    found = {one.label: one for one in by_label(truth, said)}
    without = {one.label: one.f1 for one in by_label(truth, others)} if others else {}
    labels = sorted(learnt.keys() | found.keys(), key=lambda label: (-learnt[label], label))
    return [
        LabelRow(
            label=label,
            learnt=learnt[label],
            judged=found[label].texts if label in found else 0,
            precision=found[label].precision if label in found else None,
            recall=found[label].recall if label in found else None,
            f1=found[label].f1 if label in found else None,
            f1_without=without.get(label),
        )
        for label in labels
    ]
