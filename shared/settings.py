"""What every process reads from its environment."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, Json, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.errors import SettingsError


class Settings(BaseSettings):
    """Where the servers are and how this process behaves."""

    model_config = SettingsConfigDict(env_prefix="CLOSEDLOOP_", frozen=True, extra="ignore")

    database_url: str = Field(validation_alias="DATABASE_URL", repr=False)
    kafka_bootstrap_servers: str = Field(validation_alias="KAFKA_BOOTSTRAP_SERVERS")
    #: Signs sessions, tokens and links: 32 characters or more, the same in every process.
    secret: str = Field(default="", repr=False)
    #: Which of a consumer group's workers this is, from 0: a StatefulSet's ordinal.
    slot: int = Field(default=0, ge=0)
    #: Only `local` offers the demo's one-click sign-in.
    mode: Literal["local", "production"] = "production"
    log_format: Literal["json", "console"] = "json"
    public_url: str = "http://localhost:8080"
    #: Sign-in by an OpenID Connect provider, off without an issuer. What each one means, and
    #: what of them goes together, is in docs/guides/sign-in.md.
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = Field(default="", repr=False)
    oidc_scopes: str = "openid profile email"
    oidc_subject_claim: str = "preferred_username"
    oidc_name_claim: str = "name"
    oidc_roles_claim: str = "roles"
    #: The provider's names of groups or roles, and ours: {"cx-agents": "frontline_owner"}.
    oidc_roles: Json[dict[str, str]] = Field(default="{}", validate_default=True)
    oidc_tenant: str = ""
    oidc_tenant_claim: str = ""
    #: Put before every topic and group name, where a Kafka cluster is shared.
    topic_prefix: str = ""
    #: An endpoint that speaks OpenAI's chat protocol, such as http://localhost:11434/v1, its
    #: model and its key. Empty: nobody is asked for a second opinion, and nothing is sent.
    second_opinion_url: str = ""
    second_opinion_model: str = ""
    second_opinion_key: str = Field(default="", repr=False)
    #: Where webhooks may go besides public addresses: networks and host names, commas between.
    webhook_allow: str = ""
    #: The mail server for replies: smtp://user:password@host:587. Empty: replies wait.
    smtp_url: str = Field(default="", repr=False)


def from_environment() -> Settings:
    """Return the process's settings. Raises SettingsError that names a variable at fault."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        place = str(first["loc"][0])
        variable = place if place.isupper() else f"CLOSEDLOOP_{place.upper()}"
        raise SettingsError(
            f"The setting {variable} cannot be used: {first['msg']}.",
            remedy="Set it in the environment; docs/guides/operators.md names them all.",
        ) from None
