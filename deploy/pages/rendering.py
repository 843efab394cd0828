"""Pages of HTML that need nothing else, neither a server nor a script."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

_FRAME = Path(__file__).parent / "templates"


def render(templates: Path, name: str, **values: Any) -> str:  # noqa: ANN401  (what a page shows)
    """Return the page that the template `name` in the folder `templates` makes of `values`.

    It extends page.html, which brings the product's style sheet.
    """
    environment = Environment(
        loader=FileSystemLoader([templates, _FRAME]), autoescape=True, undefined=StrictUndefined
    )
    style = resources.files("shared.web").joinpath("static/style.css").read_text(encoding="utf-8")
    own = Markup(style)  # noqa: S704  (our own style sheet)
    return environment.get_template(name).render(style=own, **values)
