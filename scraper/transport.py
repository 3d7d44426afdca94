"""Connections that look where a name has led them before they say a word.

A name of the site may be pointed at an address of this machine or of the network round it. What is
checked is the very peer of the connection: a name that is looked up twice may answer twice.
"""

import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.poolmanager import PoolManager

from scraper.errors import NotServed
from scraper.hosts import is_public
from storage.records import DropReason


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
