"""Model files: a model and where it comes from, named by what is in it.

A file is NumPy's .npz without pickled objects, so that a file from a stranger can do no more than
be refused. The same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from services.scoring.domain.text.linear import Model, Origin
from shared.errors import ClosedLoopError

#: Where the models are that ship with the product; README.md there says what they are.
SHIPPED = Path(__file__).parent.parent / "models"

_FORMAT = 1
_VERSION_DIGITS = 16
_REMEDY = "Make it anew with closedloop train, or restore it from a copy."


class ModelFileError(ClosedLoopError):
    """A file that should hold a model does not, or is damaged."""


def save(model: Model, path: Path) -> Model:
    """Write `model` to `path` and return it with its version.

    Raises OSError where the file cannot be written.
    """
    vocabulary = np.frombuffer("\n".join(model.vocabulary).encode(), np.uint8)
    about = np.frombuffer(json.dumps(_about(model), sort_keys=True).encode(), np.uint8)
    with path.open("wb") as file:
        np.savez_compressed(file, vocabulary=vocabulary, weights=model.weights, about=about)
    return replace(model, version=_version(about, vocabulary, model.weights))


def load(path: Path) -> Model:
    """Return the model in the file `path`.

    Raises ModelFileError for a file that is absent, or holds no model, or is damaged.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            return _model(arrays["about"], arrays["vocabulary"], arrays["weights"])
    except FileNotFoundError:
        raise ModelFileError(f"There is no model file {path}.", remedy=_REMEDY) from None
    except (KeyError, TypeError, ValueError, EOFError, OSError, zipfile.BadZipFile) as error:
        raise ModelFileError(f"{path} holds no model: {error}.", remedy=_REMEDY) from error


def shipped() -> tuple[Model, ...]:
    """Return the models that ship, in the order of their names."""
    return tuple(load(path) for path in sorted(SHIPPED.glob("*.npz")))


def _about(model: Model) -> dict[str, Any]:
    origin = model.origin
    return {
        "format": _FORMAT,
        "name": origin.name,
        "languages": origin.languages,
        "data": origin.data,
        "licence": origin.licence,
        "labels": model.labels,
        "bias": model.bias,
        "prior": model.prior,
        "tilt": model.tilt,
        "threshold": model.threshold,
        "several": model.several,
    }


def _model(
    about: npt.NDArray[np.uint8], vocabulary: npt.NDArray[np.uint8], weights: npt.NDArray[Any]
) -> Model:
    said = json.loads(about.tobytes())
    if said.get("format") != _FORMAT:
        raise ValueError(f"its format is {said.get('format')!r}, this release reads {_FORMAT}")
    features = tuple(vocabulary.tobytes().decode().split("\n"))
    labels = tuple(said["labels"])
    if weights.shape != (len(features), len(labels) + 1) or weights.dtype != np.float32:
        raise ValueError("its parts do not fit each other")
    return Model(
        origin=Origin(
            name=said["name"],
            languages=tuple(said["languages"]),
            data=said["data"],
            licence=said["licence"],
        ),
        labels=labels,
        vocabulary=features,
        weights=weights,
        bias=tuple(said["bias"]),
        prior=tuple(said["prior"]),
        tilt=tuple(said["tilt"]),
        threshold=said["threshold"],
        several=said["several"],
        version=_version(about, vocabulary, weights),
    )


def _version(*parts: npt.NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes())
    return digest.hexdigest()[:_VERSION_DIGITS]
