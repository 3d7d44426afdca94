"""Which addresses belong to the site; compared by their parts, never by how they begin or end."""

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_of_site(url: str, base_url: str) -> bool:
    """Whether an address lies on the site's host, or on one below it, by the same way in."""
    parts, base = urlsplit(url), urlsplit(base_url)
    host, site = parts.hostname or "", base.hostname or ""
    try:
        same_port = parts.port == base.port
    except ValueError:
        return False
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
