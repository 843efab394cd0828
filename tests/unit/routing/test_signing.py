"""Signatures: after the specification's own example, and verified without its library."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.routing.domain.signing import Keys, new_keys, secret_of, secrets_of, signed
from shared.clock import SystemClock

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
MASTER = "a secret for tests, long enough to sign with"
ENDPOINT = UUID(int=1)
OLD_SALT, NEW_SALT = b"o" * 16, b"n" * 16


def signature(secret: str, message_id: str, timestamp: str, body: str) -> str:
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"{message_id}.{timestamp}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def test_the_specifications_libraries_example_gets_their_signature() -> None:
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        '{"test": 2432232314}',
        datetime.fromtimestamp(1614265330, UTC),
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


@pytest.mark.parametrize("body", ['{"a":1}', '{"text":"ບໍ່ມີໃຜໂທຫາ 😠"}', ""])
def test_a_signature_is_verified_without_the_library(body: str) -> None:
    secret = secret_of(MASTER, ENDPOINT, NEW_SALT)
    headers = signed("m-1", body, NOW.replace(microsecond=999_999), [secret])
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    assert headers["webhook-signature"] == signature(
        secret, "m-1", headers["webhook-timestamp"], body
    )


def test_the_ten_lines_of_the_guide_verify_a_message_and_refuse_others() -> None:
    guide = Path(__file__).parents[3] / "docs" / "guides" / "webhooks.md"
    (code,) = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102  (our own guide)
    is_ours, now = names["is_ours"], SystemClock().now()
    older, newer = (secret_of(MASTER, ENDPOINT, salt) for salt in (OLD_SALT, NEW_SALT))
    body = '{"text":"ບໍ່ມີໃຜໂທຫາ"}'
    headers = signed("m-1", body, now, [newer, older])
    assert is_ours(headers, body.encode(), newer)
    assert is_ours(headers, body.encode(), older)
    assert not is_ours(headers, body.encode() + b" ", newer)
    assert not is_ours({**headers, "webhook-id": "m-2"}, body.encode(), newer)
    assert not is_ours(headers, body.encode(), secret_of(MASTER, UUID(int=2), NEW_SALT))
    replayed = signed("m-1", body, now - timedelta(minutes=6), [newer])
    assert not is_ours(replayed, body.encode(), newer)


def test_a_secret_has_the_form_of_the_specification() -> None:
    secret = secret_of(MASTER, ENDPOINT, NEW_SALT)
    assert secret.startswith("whsec_")
    assert 24 <= len(base64.b64decode(secret.removeprefix("whsec_"))) <= 64


def test_every_endpoint_salt_and_installation_has_a_secret_of_its_own() -> None:
    secrets = {
        secret_of(master, endpoint, salt)
        for master in (MASTER, MASTER + "!")
        for endpoint in (ENDPOINT, UUID(int=2))
        for salt in (OLD_SALT, NEW_SALT)
    }
    assert len(secrets) == 8


def rotated() -> Keys:
    return replace(
        new_keys(MASTER, ENDPOINT, NEW_SALT),
        previous_salt=OLD_SALT,
        previous_until=NOW + timedelta(hours=24),
    )


def test_both_secrets_sign_for_a_day_after_a_rotation() -> None:
    older, newer = (secret_of(MASTER, ENDPOINT, salt) for salt in (OLD_SALT, NEW_SALT))
    assert secrets_of(MASTER, ENDPOINT, rotated(), NOW) == [newer, older]
    assert secrets_of(MASTER, ENDPOINT, rotated(), NOW + timedelta(hours=24)) == [newer]
    both = signed("m-1", "{}", NOW, [newer, older])["webhook-signature"].split(" ")
    timestamp = str(int(NOW.timestamp()))
    assert both == [signature(one, "m-1", timestamp, "{}") for one in (newer, older)]


def test_nothing_is_signed_when_the_installations_secret_has_changed() -> None:
    assert secrets_of("another secret, also long enough to sign", ENDPOINT, rotated(), NOW) == []


def test_keys_show_nothing_in_a_log() -> None:
    assert "nnnn" not in repr(rotated())
