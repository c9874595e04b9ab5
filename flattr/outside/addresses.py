"""Which addresses of the internet anybody may have a server at.

The tables are the special-purpose address registries of IANA (RFC 6890, as of August 2026). Python's own
`is_global` calls several of these ranges global, and which ones depends on its version.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final

_SPECIAL_V4: Final = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",  # This network (RFC 791).
        "10.0.0.0/8",  # Private (RFC 1918).
        "100.64.0.0/10",  # Shared by a provider's customers (RFC 6598).
        "127.0.0.0/8",  # This machine (RFC 1122).
        "169.254.0.0/16",  # This link, and the metadata of clouds (RFC 3927).
        "172.16.0.0/12",  # Private (RFC 1918).
        "192.0.0.0/24",  # For protocols (RFC 6890).
        "192.0.2.0/24",  # For documentation (RFC 5737).
        "192.88.99.0/24",  # 6to4 relays (RFC 7526).
        "192.168.0.0/16",  # Private (RFC 1918).
        "198.18.0.0/15",  # For measurements (RFC 2544).
        "198.51.100.0/24",  # For documentation (RFC 5737).
        "203.0.113.0/24",  # For documentation (RFC 5737).
        "224.0.0.0/4",  # Multicast (RFC 5771).
        "240.0.0.0/4",  # Reserved, and broadcast (RFC 1112).
    )
]

_UNICAST_V6: Final = IPv6Network("2000::/3")
"""All that is given to networks of the internet (RFC 4291). Outside lie loopback, mapped and NAT64 addresses,
`fc00::/7`, `fe80::/10`, `fec0::/10`, `5f00::/16`, multicast and whatever is reserved."""

_SPECIAL_V6: Final = [
    IPv6Network(network)
    for network in (
        "2001::/23",  # For protocols: Teredo, benchmarks, ORCHID and others (RFC 2928).
        "2001:db8::/32",  # For documentation (RFC 3849).
        "2002::/16",  # 6to4, which leads to any IPv4 address (RFC 3056).
        "3fff::/20",  # For documentation (RFC 9637).
    )
]


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Tell whether anybody on the internet may have a server at the address, and nobody but them is meant by it."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_V4)
    return address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)
