"""What ingest does: takes events in, and manages who may hand them in."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from pydantic import TypeAdapter, ValidationError

from services.ingest.domain.intake import Accepted, accept
from services.ingest.domain.keys import key_hash, new_key
from services.ingest.domain.ports import Publish, Publishers
from services.ingest.domain.publisher import ListedPublisher
from services.ingest.errors import (
    InvalidPublisherError,
    NotAcknowledgedProblem,
    PublisherExistsError,
    UnknownPublisherError,
)
from shared.contracts.events import Name, Tenant
from shared.contracts.records import Outgoing, Rejected
from shared.errors import TransientError

#: How long a publisher waits for Kafka before it is told to come again.
ACKNOWLEDGED_WITHIN_S = 10.0
_COME_AGAIN_AFTER_S = 5
_JUDGED_AT_A_STRETCH = 20

_TENANT: TypeAdapter[str] = TypeAdapter(Tenant)
_NAME: TypeAdapter[str] = TypeAdapter(Name)


async def take_in(
    values: Sequence[bytes], tenant: str, publish: Publish
) -> list[Accepted | Rejected]:
    """Publish the events among `values` that keep to the contract, and tell what became of each.

    Returns, in the order of `values`, when Kafka has acknowledged all that it accepts. Raises
    NotAcknowledgedProblem when it did not: nothing is claimed to be accepted then.
    """
    verdicts: list[Accepted | Rejected] = []
    for start in range(0, len(values), _JUDGED_AT_A_STRETCH):
        stretch = values[start : start + _JUDGED_AT_A_STRETCH]
        verdicts += [_verdict(value, tenant) for value in stretch]
        await asyncio.sleep(0)  # other requests have their turn, however large the batch is
    await _publish(
        [verdict.message for verdict in verdicts if isinstance(verdict, Accepted)], publish
    )
    return verdicts


def _verdict(value: bytes, tenant: str) -> Accepted | Rejected:
    try:
        return accept(value, tenant)
    except Rejected as rejected:
        return rejected


async def _publish(messages: Sequence[Outgoing], publish: Publish) -> None:
    try:
        async with asyncio.timeout(ACKNOWLEDGED_WITHIN_S):
            await publish(messages)
    except (TransientError, TimeoutError) as error:
        raise NotAcknowledgedProblem(
            "Kafka did not acknowledge the events. Some may have come through all the same.",
            remedy=f"Send the whole request again in {_COME_AGAIN_AFTER_S} seconds: what came"
            " through is recognised by its source and id.",
            headers={"Retry-After": str(_COME_AGAIN_AFTER_S)},
        ) from error


async def add_publisher(publishers: Publishers, tenant: str, name: str) -> str:
    """Add a publisher and return its key, which nobody can be told again.

    Raises InvalidPublisherError, or PublisherExistsError while a key of this name works.
    """
    _check(_TENANT, tenant, "The tenant takes lower-case letters, digits, - and _.")
    _check(_NAME, name, "A name has 1 to 200 characters.")
    key = new_key()
    async with publishers.transaction() as work:
        added = await work.add(tenant, name, key_hash(key))
    if not added:
        raise PublisherExistsError(
            f"{tenant} has a publisher called {name}.",
            remedy="Revoke its key first, or choose another name.",
        )
    return key


async def revoke_publisher(publishers: Publishers, tenant: str, name: str) -> None:
    """Revoke a publisher's key. Raises UnknownPublisherError when it has none that works."""
    async with publishers.transaction() as work:
        revoked = await work.revoke(tenant, name)
    if not revoked:
        raise UnknownPublisherError(
            f"{tenant} has no publisher called {name}.",
            remedy="`closedloop publisher list` shows which there are.",
        )


async def list_publishers(publishers: Publishers, tenant: str | None) -> Sequence[ListedPublisher]:
    """Return the publishers of a tenant, or of all, those with revoked keys too."""
    async with publishers.transaction() as work:
        return await work.of_tenant(tenant)


def _check(rule: TypeAdapter[str], text: str, remedy: str) -> None:
    try:
        rule.validate_python(text)
    except ValidationError:
        raise InvalidPublisherError(f"{text!r} can't be used.", remedy=remedy) from None
