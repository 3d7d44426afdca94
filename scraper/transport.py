"""Opens addresses, over connections that look where a name has led them before they say a word.

A name of the site may be pointed at an address of this machine or of the network round it. What is
checked is the very peer of the connection: a name that is looked up twice may answer twice.

The site's own addresses go straight to the connections that requests keeps and speak the standard
library's plain HTTP over them, which costs a third; other hosts, and all where a proxy stands
between, go the whole way through requests.
"""

import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection as PlainConnection
from http.client import HTTPException, HTTPMessage, HTTPResponse, IncompleteRead
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3 import HTTPResponse as UnpackingResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.poolmanager import PoolManager

from scraper.config import ScraperConfig
from scraper.errors import NotServed
from scraper.hosts import is_loopback, is_public
from storage.errors import BadInput
from storage.records import DropReason

UNREACHED = (requests.RequestException, HTTPError, HTTPException, OSError)
"""What an address that cannot be reached, or breaks off its answer, raises."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that has begun: what it says of itself, and the way to read on.

    `read` gives the next bytes of the body as they have come, so many at most, and none at its
    end; a body that ends before its Content-Length raises one of `UNREACHED`.
    """

    status: int
    headers: Mapping[str, str] | HTTPMessage
    read: Callable[[int], bytes]


class _PublicHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self.host)


class _PublicHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn(), self.host)


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only; behind a proxy, the proxy has to see to that."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Make the pools whose connections are checked."""
        super().init_poolmanager(*args, **options)
        pools: PoolManager = self.poolmanager
        pools.pool_classes_by_scheme = {"http": _PublicHTTPPool, "https": _PublicHTTPSPool}


class Transport:
    """The connections of one run."""

    def __init__(self, base_url: str, config: ScraperConfig) -> None:
        # Uncompressed, so that Content-Length counts the very bytes that we keep.
        self._headers = {
            "User-Agent": f"{config.user_agent} ({config.contact or 'no contact given'})",
            "Accept-Encoding": "identity",
        }
        self._site = f"{base_url}/"
        self._seconds = config.timeout_seconds
        self._http = requests.Session()
        # A proxy of this machine cannot reach a board on its loopback.
        self._http.trust_env = not is_loopback(base_url)
        # A board on this machine's loopback is the one exception: its host is an exact match.
        anywhere = is_loopback(base_url) or config.allow_private_addresses
        kind = HTTPAdapter if anywhere else PublicAdapter
        adapter = kind(pool_connections=1, pool_maxsize=config.connections, pool_block=True)
        self._http.mount("http://", adapter)
        self._http.mount("https://", adapter)
        self._straight: HTTPConnectionPool | None = None
        if not (self._http.trust_env and get_environ_proxies(base_url)):
            asked = requests.Request("GET", base_url).prepare()
            trusted = self._http.merge_environment_settings(base_url, {}, None, True, None)
            pool = adapter.get_connection_with_tls_context(asked, verify=trusted["verify"])
            assert isinstance(pool, HTTPConnectionPool)
            try:
                adapter.cert_verify(pool, base_url, trusted["verify"], None)  # type: ignore[no-untyped-call]
            except OSError as error:
                raise BadInput(
                    f"{trusted['verify']}: holds no certificates; REQUESTS_CA_BUNDLE or"
                    " CURL_CA_BUNDLE names it: mend or unset that"
                ) from error
            self._straight = pool

    @property
    def user_agent(self) -> str:
        """Who we say we are."""
        return self._headers["User-Agent"]

    @contextmanager
    def open(self, url: str) -> Iterator[Reply]:
        """Ask for an address; redirects are answers like any other, and nothing is read yet.

        Raises:
            NotServed: it leads to no public address.
            Exception: one of `UNREACHED`.
        """
        # What has to be quoted first is left to requests, which knows how.
        is_plain = url.startswith(self._site) and url.isascii() and url.isprintable()
        if self._straight and is_plain and " " not in url:
            asking = self._ask_site(self._straight, url[len(self._site) - 1 :])
        else:
            asking = self._ask(url)
        with asking as reply:
            yield reply

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    @contextmanager
    def _ask_site(self, pool: HTTPConnectionPool, address: str) -> Iterator[Reply]:
        connection = pool._get_conn()
        assert isinstance(connection, HTTPConnection)
        connection.timeout = self._seconds
        try:
            PlainConnection.request(connection, "GET", address, headers=self._headers)
            response = PlainConnection.getresponse(connection)
            yield Reply(response.status, response.headers, _reader_of(response))
            if not (response.isclosed() or response.length == 0):
                # What is left of the answer would be taken for the next one.
                connection.close()
            response.close()
        except BaseException:
            connection.close()
            raise
        finally:
            pool._put_conn(connection)

    @contextmanager
    def _ask(self, url: str) -> Iterator[Reply]:
        asked = requests.Request("GET", url, headers=self._headers).prepare()
        settings = self._http.merge_environment_settings(asked.url, {}, True, None, None)
        adapter = self._http.get_adapter(asked.url or url)
        # The adapter, not the session, which would follow a redirect, or read it to its end.
        response = adapter.send(
            asked,
            stream=True,
            timeout=self._seconds,
            verify=settings["verify"] if settings["verify"] is not None else True,
            cert=settings["cert"],
            proxies=settings["proxies"],
        )
        with response:
            read = partial(response.raw.read1, decode_content=True)
            yield Reply(response.status_code, response.headers, read)


def _reader_of(response: HTTPResponse) -> Callable[[int], bytes]:
    if response.headers.get("Content-Encoding", "identity") == "identity":
        return partial(_read_on, response)
    # We asked for none, but some servers pack all the same.
    unpacking = UnpackingResponse(response, dict(response.headers), preload_content=False)
    return partial(unpacking.read1, decode_content=True)


def _read_on(response: HTTPResponse, size: int) -> bytes:
    block = response.read1(size)
    if not block and response.length:
        raise IncompleteRead(block, response.length)
    return block


def _checked(connection: socket.socket, host: str) -> socket.socket:
    address = connection.getpeername()[0]
    if is_public(address):
        return connection
    connection.close()
    raise NotServed(
        DropReason.FORBIDDEN_HOST,
        f"{host}: leads to {address}, which is no public address;"
        " if the site is your own, set --scraper.allow-private-addresses true",
    )
