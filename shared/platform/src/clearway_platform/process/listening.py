"""The socket that a process listens on. It is bound first, so that nothing is half started if the port is in use."""

import errno
import socket
from ipaddress import ip_address
from typing import Final

_REASONS: Final = {
    errno.EACCES: "is not permitted: ports below 1024 are reserved for the system. Choose a higher port.",
    errno.EADDRNOTAVAIL: "is not possible: no network interface of this machine has that address.",
}


class CannotListen(Exception):
    """The process cannot listen at the address in the settings; the text says why."""


class AddressTaken(CannotListen):
    """Another process listens there."""

    def __init__(self, address: str, port: int) -> None:
        super().__init__(f"Port {port} is in use: another program listens at {address}.")
        self.address = address
        self.port = port


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to `host` and `port`; 0 takes a free one. Raises CannotListen."""
    try:
        family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise CannotListen(f"{host!r} is not an address of this machine ({error.strerror}).") from error
    bound = socket.socket(family)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(place)
        # Listen at once: two processes can both bind a port on which neither listens yet.
        bound.listen(2048)
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise AddressTaken(_url(str(place[0]), port), port) from error
        raise CannotListen(f"Listening on {host} port {port} {_REASONS.get(error.errno or 0, str(error))}") from error
    bound.setblocking(False)
    return bound


def address_of(bound: socket.socket) -> str:
    """The URL at which this machine reaches the socket."""
    host, port = bound.getsockname()[:2]
    return _url(host, port)


def beyond_this_machine(bound: socket.socket) -> bool:
    """Whether other machines may connect."""
    return not ip_address(bound.getsockname()[0].partition("%")[0]).is_loopback


def _url(host: str, port: int) -> str:
    address = ip_address(host.partition("%")[0])
    if address.is_unspecified:
        return f"http://[::1]:{port}" if address.version == 6 else f"http://127.0.0.1:{port}"
    return f"http://[{host}]:{port}" if address.version == 6 else f"http://{host}:{port}"
