"""Our own rules that no linter knows, as functions of a module's source.

Each returns the faults it finds as `line: what`; CONTRIBUTING.md says why the rules are there.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

LONGEST_MODULE_LINES = 500

_TRANSACTION_CONTROL = frozenset({"transaction", "commit", "rollback"})
_SQL = re.compile(
    r"\s*(SELECT|INSERT|UPDATE|DELETE|WITH|CREATE|ALTER|DROP|TRUNCATE|GRANT|LISTEN|NOTIFY)\s"
    r"|(?is:\s*(insert\s+into|delete\s+from|update\s+\S+\s+set|select\s.+\sfrom)\s)"
)
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def transaction_control(source: str) -> list[str]:
    """Find where a transaction is opened, committed or rolled back."""
    return [
        f"{node.lineno}: {node.func.attr}()"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _TRANSACTION_CONTROL
    ]


def sql_in_strings(source: str, *, allowed: frozenset[str] = frozenset()) -> list[str]:
    """Find the strings that are SQL; those that `allowed` holds word for word are not."""
    return [
        f"{node.lineno}: {text[:60]}"
        for node, text in _strings(ast.parse(source))
        if _SQL.match(text) and text not in allowed
    ]


def prints(source: str) -> list[str]:
    """Find the calls of print."""
    return [
        f"{node.lineno}: print()"
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
    ]


def too_long(source: str) -> list[str]:
    """Find that a module has more lines than anybody reads."""
    lines = len(source.splitlines())
    return [f"{lines}: lines"] if lines > LONGEST_MODULE_LINES else []


def _strings(tree: ast.Module) -> Iterator[tuple[ast.Constant, str]]:
    """Give the strings of a module but for its docstrings; of an f-string its constant parts."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in docstrings
        ):
            yield node, node.value
