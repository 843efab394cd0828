"""Model files: a model and where it comes from, named by what is in it.

A file is NumPy's .npz without pickled objects, so that a file from a stranger can do no more than
be refused. The same model gives the same bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, Literal

import numpy as np
import numpy.typing as npt

from services.scoring.domain.text.linear import Model, Origin
from shared.errors import ClosedLoopError

#: Where the models are that ship with the product; README.md there says what they are.
SHIPPED = Path(__file__).parent.parent / "models"

#: What a tenant can train a model for: how a customer feels, or what went wrong.
Target = Literal["sentiment", "theme"]
SENTIMENTS = frozenset({"negative", "neutral", "positive"})

_FORMAT = 1
_VERSION_DIGITS = 16
_LARGEST_BYTES = 512 << 20
#: What NumPy and the standard library say to bytes that are no model.
_UNREADABLE = (
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
    EOFError,
    OSError,
    RuntimeError,
    zipfile.BadZipFile,
    zlib.error,
)
_REMEDY = "Make it anew with closedloop train, or restore it from a copy."


class ModelFileError(ClosedLoopError):
    """A file that should hold a model does not, or is damaged."""


def save(model: Model, path: Path) -> Model:
    """Write `model` to `path` and return it with its version.

    Raises OSError where the file cannot be written.
    """
    named, content = packed(model)
    path.write_bytes(content)
    return named


def load(path: Path) -> Model:
    """Return the model in the file `path`.

    Raises ModelFileError for a file that is absent, or holds no model, or is damaged.
    """
    try:
        with path.open("rb") as file:
            return _read(file, str(path))
    except FileNotFoundError:
        raise ModelFileError(f"There is no model file {path}.", remedy=_REMEDY) from None
    except OSError as error:
        raise ModelFileError(f"{path} holds no model: {error}.", remedy=_REMEDY) from error


def packed(model: Model) -> tuple[Model, bytes]:
    """Return `model` with its version, and the content of its file."""
    vocabulary = np.frombuffer("\n".join(model.vocabulary).encode(), np.uint8)
    about = np.frombuffer(json.dumps(_about(model), sort_keys=True).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, vocabulary=vocabulary, weights=model.weights, about=about)
    version = _version(about, vocabulary, model.weights)
    return replace(model, version=version), file.getvalue()


def unpacked(content: bytes, name: str) -> Model:
    """Return the model in the content of a file, which errors call `name`.

    Raises ModelFileError where it holds no model, or a damaged one.
    """
    return _read(io.BytesIO(content), name)


def target_of(model: Model) -> Target:
    """Return what `model` judges, as its labels tell."""
    return "sentiment" if SENTIMENTS.issuperset(model.labels) else "theme"


def shipped() -> dict[str, Path]:
    """Return the files of the models of sentiment that ship, by the language that each judges."""
    files = sorted(SHIPPED.glob("sentiment-*.npz"))
    return {file.stem.removeprefix("sentiment-"): file for file in files}


def _read(file: BinaryIO, name: str) -> Model:
    try:
        with np.load(file, allow_pickle=False) as arrays:
            _refuse_too_large(arrays.zip)
            return _model(arrays["about"], arrays["vocabulary"], arrays["weights"])
    except _UNREADABLE as error:
        raise ModelFileError(f"{name} holds no model: {error}.", remedy=_REMEDY) from error


def _refuse_too_large(file: zipfile.ZipFile) -> None:
    """A small file can hold more than there is memory."""
    if sum(part.file_size for part in file.infolist()) > _LARGEST_BYTES:
        raise ValueError(f"it has more than {_LARGEST_BYTES >> 20} MB")


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
    rows = [said["bias"], said["prior"], said["tilt"]]
    if not (
        _is_table(weights, features, labels)
        and all(isinstance(label, str) for label in labels)
        and all(len(row) == len(labels) for row in rows)
        and _are_numbers([*chain(*rows), said["threshold"]])
    ):
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


def _is_table(weights: npt.NDArray[Any], features: Sequence[str], labels: Sequence[object]) -> bool:
    """Tell whether each different feature has a row of numbers, each different label a column."""
    if weights.dtype != np.float32 or weights.shape != (len(features), len(labels) + 1):
        return False
    are_different = len(set(features)) == len(features) and len(set(labels)) == len(labels)
    return are_different and bool(labels) and bool(np.isfinite(weights).all())


def _are_numbers(values: Sequence[object]) -> bool:
    return all(isinstance(one, (int, float)) and math.isfinite(one) for one in values)


def _version(*parts: npt.NDArray[Any]) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.tobytes())
    return digest.hexdigest()[:_VERSION_DIGITS]
