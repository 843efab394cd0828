"""Rating scales: where each is cut into detractors, passives and promoters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import FiniteFloat, model_validator

from shared.program.parts import Part

ScaleName = Literal["nps", "csat", "ces", "stars", "thumbs", "custom"]


class Scale(Part):
    """Where a rating scale is cut: detractors up to one value, promoters from another.

    A custom scale is cut in shares of its range, 0 to 1, since each event brings its own ends.
    """

    detractor_max: FiniteFloat
    """The highest value of a detractor."""
    promoter_min: FiniteFloat
    """The lowest value of a promoter; what lies between is passive."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.detractor_max < self.promoter_min:
            raise ValueError("promoter_min: it should be above detractor_max")
        return self


#: NPS after Reichheld (2003); CSAT and stars by top and bottom two boxes; CES 1-7 by top two
#: and bottom four; a custom range in the NPS's own proportions.
DEFAULT_SCALES: Mapping[ScaleName, Scale] = {
    "nps": Scale(detractor_max=6, promoter_min=9),
    "csat": Scale(detractor_max=2, promoter_min=4),
    "ces": Scale(detractor_max=4, promoter_min=6),
    "stars": Scale(detractor_max=2.5, promoter_min=4),
    "thumbs": Scale(detractor_max=0, promoter_min=1),
    "custom": Scale(detractor_max=0.6, promoter_min=0.9),
}
