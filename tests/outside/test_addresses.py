"""Which addresses are public: the tables against cases from the registries, and against another's tables."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given as for_all
from hypothesis import strategies
from ssrfguard import DEFAULT_DENIED, REGISTRY_SNAPSHOT, Block

from flattr.outside.addresses import is_public

PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "172.15.255.255"),
    *("172.32.0.0", "192.0.1.0", "192.167.255.255", "198.17.255.255", "198.20.0.0", "223.255.255.255"),
    *("2001:4860:4860::8888", "2606:4700:4700::1111", "2001:200::1", "2a00:1450:4001::1", "3ffe:ffff::1"),
]
NOT_PUBLIC = [
    # Of IPv4, each with its ends.
    *("0.0.0.0", "0.255.255.255", "10.0.0.0", "10.255.255.255", "100.64.0.0", "100.127.255.255", "127.0.0.1"),  # noqa: S104
    *("127.255.255.255", "169.254.0.0", "169.254.169.254", "172.16.0.0", "172.31.255.255", "192.0.0.1"),
    *("192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.0", "192.168.255.255"),
    *("198.18.0.0", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
    *("240.0.0.1", "255.255.255.255"),
    # Of IPv6: none, this machine, IPv4 in its many disguises.
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::ffff:0:7f00:1", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::1", "2002:7f00:1::", "2002:808:808::1", "2001:0:808:808::1"),
    # Networks of one's own, links, sites, documentation, tests, segment routing, multicast, and what is reserved.
    *("fc00::1", "fd00::1", "fe80::1", "fec0::1", "2001:db8::1", "3fff::1", "3fff:fff:ffff::1", "2001:2::1"),
    *("2001:10::1", "2001:20::1", "2001:30::1", "2001:1::1", "5f00::1", "100::1", "100:0:0:1::1"),
    *("ff02::1", "4000::1", "8000::1", "e000::1", "200::1"),
]
FOR_PROTOCOLS = ip_network("192.0.0.0/24")


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    """So is what lies just outside of each range that isn't."""
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_in_a_special_range_is_not(address: str) -> None:
    """However it is written, and whatever a library calls global."""
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("block", DEFAULT_DENIED.blocks, ids=lambda block: str(block.network))
def test_every_range_that_another_refuses_is_refused(block: Block) -> None:
    """Both ends and the middle of each range of IANA's registries, as a library of its own has them."""
    network = block.network
    for place in (0, network.num_addresses // 2, network.num_addresses - 1):
        if DEFAULT_DENIED.classify(network[place]).blocked:
            assert not is_public(network[place])


@for_all(strategies.one_of(strategies.ip_addresses(v=4), strategies.ip_addresses(v=6)))
def test_nothing_is_public_that_another_refuses(address: IPv4Address | IPv6Address) -> None:
    """Random addresses, many of them in special ranges: what we let through, the other does, too."""
    assert not (is_public(address) and DEFAULT_DENIED.classify(address).blocked)


@for_all(strategies.ip_addresses(v=4).filter(lambda address: address not in FOR_PROTOCOLS))
def test_no_address_of_ipv4_is_lost(address: IPv4Address) -> None:
    """What we refuse, the other does, too, but for two addresses of protocols that no site can have."""
    assert is_public(address) != DEFAULT_DENIED.classify(address).blocked


def test_the_other_tables_are_of_this_year() -> None:
    """An oracle that nobody keeps would prove nothing."""
    assert str(REGISTRY_SNAPSHOT) >= "2026"
