"""Why signing in with the provider did not work, each with a page of its own."""

from __future__ import annotations

from http import HTTPStatus

from shared.web.problems import Problem

_AGAIN = "Go to the sign-in page and begin again."
_COME_AGAIN_AFTER_S = 10


class SignInFailedProblem(Problem):
    """This attempt to sign in is over; another one may go well."""

    status = HTTPStatus.BAD_REQUEST
    slug = "sign-in-failed"
    title = "Signing in did not work"

    def __init__(self, slug: str, detail: str, *, status: int | None = None, remedy: str = _AGAIN):
        super().__init__(detail, slug=slug, status=status, remedy=remedy)


def provider_away() -> Problem:
    """Say that the provider does not answer."""
    return Problem(
        "The company's sign-in provider does not answer.",
        status=HTTPStatus.SERVICE_UNAVAILABLE,
        slug="provider-away",
        title="Signing in is not available right now",
        remedy="Try again in a moment. Who is signed in already stays signed in.",
        headers={"Retry-After": str(_COME_AGAIN_AFTER_S)},
    )


def provider_unusable(what: str) -> Problem:
    """Say what of the provider's answer can't be relied on."""
    return Problem(
        f"The company's sign-in provider answered something that can't be relied on: {what}.",
        status=HTTPStatus.BAD_GATEWAY,
        slug="provider-unusable",
        title="Signing in did not work",
        remedy="Try again. If it stays so, tell whoever runs the sign-in of your company.",
    )
