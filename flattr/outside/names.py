"""What DNS says of a name, asked once and within a time."""

from ipaddress import ip_address
from typing import Final

from dns.exception import DNSException
from dns.name import from_text
from dns.resolver import NXDOMAIN, NoAnswer, Resolver

from flattr.outside.addresses import is_public
from flattr.outside.network import Deadline, Network, OutsideError, Trouble

_TRY_SECONDS: Final = 2.0


def public_addresses(host: str, *, network: Network, deadline: Deadline) -> list[str]:
    """Return the addresses of a host, those of IPv4 first, if each of them is public.

    :raises OutsideError: `NO_ADDRESS` if there is none, `NOT_PUBLIC` if there is one that isn't, `NO_DNS` if DNS
        doesn't answer.
    """
    try:
        answers = _resolver(network).resolve_name(from_text(host), lifetime=deadline.left(), search=False)
    except (NXDOMAIN, NoAnswer) as error:
        raise OutsideError(Trouble.NO_ADDRESS) from error
    except (DNSException, OSError) as error:
        raise OutsideError(Trouble.NO_DNS) from error
    found = sorted({ip_address(text) for text in answers.addresses()}, key=lambda each: (each.version, int(each)))
    # A name with addresses of both kinds is no mistake: the next answer would have been the other one.
    if not all(is_public(each) or str(each) in network.exempt for each in found):
        raise OutsideError(Trouble.NOT_PUBLIC)
    return [str(each) for each in found]


def texts(name: str, *, network: Network, seconds: float) -> list[bytes]:
    """Return the TXT records of a name, each put together from its parts.

    :raises OutsideError: `MISSING` if there is none, `NO_DNS` if DNS doesn't answer in so many seconds.
    """
    try:
        answer = _resolver(network).resolve(from_text(name), "TXT", lifetime=seconds, search=False)
    except (NXDOMAIN, NoAnswer) as error:
        raise OutsideError(Trouble.MISSING) from error
    except (DNSException, OSError) as error:
        raise OutsideError(Trouble.NO_DNS) from error
    return [b"".join(record.strings) for record in answer]


def _resolver(network: Network) -> Resolver:
    """Return a resolver that remembers nothing."""
    resolver = Resolver(configure=not network.dns_servers)
    if network.dns_servers:
        resolver.nameservers = list(network.dns_servers)
        resolver.port = network.dns_port
    resolver.timeout = _TRY_SECONDS
    return resolver
