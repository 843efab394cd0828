"""Where webhooks may go: nowhere inside, unless the operator allows it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import SplitResult, urlsplit

from services.routing.errors import RoutingError
from shared.errors import SettingsError

Address = IPv4Address | IPv6Address

MAX_URL_CHARACTERS = 2000

#: Clouds answer questions about the machine here, though these addresses count as public.
_METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
#: IPv6 addresses that lead to an IPv4 address in their last 32 bits (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LAST_32_BITS = 0xFFFF_FFFF


class RefusedDestinationError(RoutingError):
    """A webhook may not go there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """What the operator allows besides public addresses: networks, and hosts by name."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def holds(self, host: str, address: Address) -> bool:
        """Tell whether the operator allows this host, or this address."""
        return host.lower() in self.hosts or any(address in network for network in self.networks)


def allowed_by(setting: str) -> Allowed:
    """Read CLOSEDLOOP_WEBHOOK_ALLOW: networks and host names, with commas between.

    Raises SettingsError that names what can't be read.
    """
    networks, hosts = [], set()
    for word in filter(None, (part.strip() for part in setting.split(","))):
        if word[0].isdigit() or ":" in word:
            networks.append(_network(word))
        else:
            hosts.add(word.lower())
    return Allowed(networks=tuple(networks), hosts=frozenset(hosts))


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        return ipaddress.ip_network(word)
    except ValueError as error:
        raise SettingsError(
            f"CLOSEDLOOP_WEBHOOK_ALLOW holds {word!r}: {error}.",
            remedy="Give networks such as 10.20.0.0/16 and host names, with commas between.",
        ) from error


def host_and_port(url: str, *, https_only: bool) -> tuple[str, int]:
    """Return where `url` leads; raises RefusedDestinationError when it is no address for us."""
    if len(url) > MAX_URL_CHARACTERS or not url.isascii() or not url.isprintable() or " " in url:
        raise RefusedDestinationError(
            f"An address has up to {MAX_URL_CHARACTERS} ASCII characters and no spaces."
        )
    parts, port = _split(url)
    if parts.scheme != "https" and (https_only or parts.scheme != "http"):
        raise RefusedDestinationError("The address must begin with https://.")
    if not parts.hostname:
        raise RefusedDestinationError("The address names no host.")
    if parts.username is not None or parts.fragment:
        raise RefusedDestinationError(
            "The address must hold no user name, password or #fragment.",
            remedy="Messages are signed: no password is needed.",
        )
    return parts.hostname, port or {"https": 443, "http": 80}[parts.scheme]


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise RefusedDestinationError(f"The address can't be read: {error}.") from error
    return parts, port


def refuse_inside(host: str, addresses: list[Address], allowed: Allowed) -> None:
    """Raise RefusedDestinationError when one of the host's addresses is not for webhooks."""
    for address in addresses:
        if not (is_public(address) or allowed.holds(host, address)):
            raise RefusedDestinationError(
                f"{host} leads to {address}, which is not a public address.",
                remedy="An operator can allow it: CLOSEDLOOP_WEBHOOK_ALLOW.",
            )


def is_public(address: Address) -> bool:
    """Tell whether an address belongs to the open internet, however it is written."""
    if isinstance(address, IPv6Address) and (inner := _embedded(address)):
        return is_public(inner)
    return address.is_global and not address.is_multicast and address not in _METADATA


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(int(address) & _LAST_32_BITS)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]
