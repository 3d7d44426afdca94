"""Which addresses belong to the site; compared by their parts, never by how they begin or end."""

from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit


def is_of_site(url: str, base_url: str) -> bool:
    """Whether an address lies on the site's host, or on one below it, by the same way in."""
    if url.startswith(f"{base_url}/"):
        # The usual case: the site's own address to the letter, up to where its path begins.
        return True
    base = urlsplit(base_url)
    try:
        parts = urlsplit(url)
        same_port = parts.port == base.port
    except ValueError:
        return False
    host, site = parts.hostname or "", base.hostname or ""
    return (
        parts.scheme == base.scheme
        and same_port
        and parts.username is None
        and (host == site or host.endswith(f".{site}"))
    )


def is_loopback(url: str) -> bool:
    """Whether an address lies on this very machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet: not of this machine, home or cloud."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast
