"""What pictures drawn on the server as SVG are made of: no script, no style attribute.

Each has a title and a description; its numbers stand in a table beside it, on the page.
"""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup, escape


def picture(
    parts: Iterable[Markup], *, size: tuple[int, int], name: str, title: str, description: str
) -> Markup:
    """Return the picture of `parts`, drawn in `size` units. `name` makes its ids unique."""
    width, height = size
    return Markup(
        '<svg role="img" viewBox="0 0 {w} {h}" width="{w}" height="{h}"'
        ' aria-labelledby="{n}-title {n}-desc"><title id="{n}-title">{t}</title>'
        '<desc id="{n}-desc">{d}</desc>{b}</svg>'
    ).format(w=width, h=height, n=escape(name), t=title, d=description, b=Markup("").join(parts))


def line(x1: float, y1: float, x2: float, y2: float) -> Markup:
    """Return a part of an axis."""
    return Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(x1, y1, x2, y2)


def block(x: float, y: float, width: float, height: float, *, kind: str) -> Markup:
    """Return a bar or a ground; the classes `kind` say how it looks."""
    return Markup('<rect class="{}" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        kind, x, y, width, height
    )


def words(x: float, y: float, text: str, *, anchor: str) -> Markup:
    """Return words at a place; `anchor` is start, middle or end."""
    return Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
        x, y, anchor, text
    )
