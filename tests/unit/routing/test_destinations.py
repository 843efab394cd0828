"""Where webhooks may go."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.routing.domain.destinations import (
    Allowed,
    RefusedDestinationError,
    allowed_by,
    host_and_port,
    is_public,
    refuse_inside,
)
from shared.errors import SettingsError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.255.255.254",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "0.0.0.0",  # noqa: S104  (refused here)
        "255.255.255.255",
        "224.0.0.1",
        "192.0.2.1",
        "::1",
        "::",
        "fe80::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::169.254.169.254",
        "64:ff9b::10.0.0.1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
    ],
)
def test_addresses_inside_are_not_public(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "64:ff9b::1.1.1.1"]
)
def test_addresses_of_the_open_internet_are_public(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@given(inner=st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_is_wrapped(
    inner: ipaddress.IPv4Address,
) -> None:
    for wrapped in (f"::ffff:{inner}", f"64:ff9b::{inner}"):
        assert is_public(ipaddress.ip_address(wrapped)) == is_public(inner)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("http://example.com/", "https://"),
        ("ftp://example.com/", "https://"),
        ("file:///etc/passwd", "https://"),
        ("https://", "names no host"),
        ("https:///path", "names no host"),
        ("https://user:pass@example.com/", "password"),
        ("https://user@example.com/", "password"),
        ("https://example.com/#part", "#fragment"),
        ("https://example.com:99999/", "can't be read"),
        ("https://[::1/", "can't be read"),
        ("https://exa mple.com/", "no spaces"),
        ("https://example.com/\n", "no spaces"),
        ("https://exämple.com/", "ASCII"),
        ("https://example.com/" + "x" * 2000, "2000"),
        ("example.com/hook", "https://"),
    ],
)
def test_an_address_that_is_none_is_refused_with_the_reason(url: str, says: str) -> None:
    with pytest.raises(RefusedDestinationError, match=says):
        host_and_port(url, https_only=True)


def test_http_is_for_local_mode_alone() -> None:
    assert host_and_port("http://localhost/hook", https_only=False) == ("localhost", 80)
    assert host_and_port("https://example.com/", https_only=True) == ("example.com", 443)
    assert host_and_port("https://example.com:8443/", https_only=True) == ("example.com", 8443)
    with pytest.raises(RefusedDestinationError):
        host_and_port("ftp://localhost/hook", https_only=False)


def test_one_address_inside_among_many_is_enough_to_refuse() -> None:
    addresses = [ipaddress.ip_address("1.1.1.1"), ipaddress.ip_address("10.0.0.1")]
    with pytest.raises(RefusedDestinationError, match=r"leads to 10\.0\.0\.1"):
        refuse_inside("example.com", addresses, Allowed())


def test_the_operator_allows_networks_and_hosts() -> None:
    allowed = allowed_by("10.20.0.0/16, Hooks.Internal ,::1")
    refuse_inside("a", [ipaddress.ip_address("10.20.1.1")], allowed)
    refuse_inside("a", [ipaddress.ip_address("::1")], allowed)
    refuse_inside("hooks.INTERNAL", [ipaddress.ip_address("192.168.0.1")], allowed)
    with pytest.raises(RefusedDestinationError):
        refuse_inside("other.internal", [ipaddress.ip_address("192.168.0.1")], allowed)


@pytest.mark.parametrize("setting", ["10.0.0.0/33", "10.0.0.1/8", "1.2.3", "fe80::/200"])
def test_a_network_that_is_none_is_a_setting_that_cannot_be_used(setting: str) -> None:
    with pytest.raises(SettingsError, match="CLOSEDLOOP_WEBHOOK_ALLOW"):
        allowed_by(setting)


def test_an_empty_setting_allows_nothing() -> None:
    assert allowed_by("") == allowed_by(" , ") == Allowed()
