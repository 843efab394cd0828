"""`closedloop topics` and `closedloop migrate`: servers made ready, wherever they run."""

from __future__ import annotations

from typing import Annotated

import typer

from deploy.cli.console import Screen
from deploy.cli.servers import find_settings
from deploy.cli.up import AsJson
from shared.kafka.admin import create_topics
from shared.postgres.migrate import migrate as apply_migrations

Copies = Annotated[
    int, typer.Option("--replication-factor", min=1, help="How many brokers keep each topic.")
]


def topics(replication_factor: Copies = 1, as_json: AsJson = False) -> None:
    """Create the topics of the contract that Kafka does not have yet."""
    settings = find_settings()
    created = create_topics(
        settings.kafka_bootstrap_servers,
        topic_prefix=settings.topic_prefix,
        replication_factor=replication_factor,
    )
    screen = Screen(as_json=as_json)
    screen.say("\n".join(f"Created {name}." for name in created) or "Every topic is there.")
    screen.give({"created": created})


def migrate(as_json: AsJson = False) -> None:
    """Bring the database up to date."""
    apply_migrations(find_settings().database_url)
    screen = Screen(as_json=as_json)
    screen.say("The database is up to date.")
    screen.give({"migrated": True})
