"""What ingest refuses as a whole, before it looks at single events."""

from __future__ import annotations

from http import HTTPStatus

from shared.errors import ClosedLoopError
from shared.web.problems import Problem


class IngestError(ClosedLoopError):
    """The base of what goes wrong with publishers."""


class PublisherExistsError(IngestError):
    """A publisher of this name has a key that works."""


class UnknownPublisherError(IngestError):
    """No publisher of this name has a key that works."""


class InvalidPublisherError(IngestError):
    """The tenant or the name can't be used."""


class PublisherKeyProblem(Problem):
    """The request carries no key, or none that works."""

    status = HTTPStatus.UNAUTHORIZED
    slug = "publisher-key"
    title = "A publisher key is needed"


class UnreadableProblem(Problem):
    """The body is not what its content type says, so no single event can be told apart."""

    status = HTTPStatus.BAD_REQUEST
    slug = "unreadable"
    title = "The body can't be read"


class ContentTypeProblem(Problem):
    """The body's content type is none that carries events."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    slug = "content-type"
    title = "This content type carries no events"


class EventRefusedProblem(Problem):
    """An event does not keep to the contract."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    slug = "event-refused"
    title = "The event does not keep to the contract"


class NotAcknowledgedProblem(Problem):
    """Kafka did not acknowledge every event in time."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    slug = "not-acknowledged"
    title = "Not available right now"
