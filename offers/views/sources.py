"""Where a request comes from, for whatever is counted by it."""

from ipaddress import IPv6Address, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

OWN_NETWORK = 64
"""Bits of an IPv6 address that tell whose connection it is; the rest changes as its owner likes."""


def source_of(request: HttpRequest) -> str:
    """Where a request comes from: an address, or the network of an IPv6 address.

    Behind a proxy it is what that proxy has added to the end of X-Forwarded-For: what comes
    before it anybody can claim.
    """
    where = request.META.get("REMOTE_ADDR", "")
    if settings.BEHIND_PROXY:
        where = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or where
    try:
        address = ip_address(where)
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        return str(ip_network((address, OWN_NETWORK), strict=False))
    return str(address)
