"""Hosts on one machine: network namespaces, joined by a switch, whose links can be cut.

The namespaces have no names and nothing on disk: the kernel removes each, with its links, when the last
process that is in it or holds it open has ended, however that ended.
"""

import ctypes
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_NEW_NETWORK: Final = 0x40000000
"""The kernel's CLONE_NEWNET. Python has these two calls from 3.12 on."""

_OWN: Final = "/proc/thread-self/ns/net"
_BRIDGE: Final = "bridge"
NET: Final = "10.77.0"
"""The addresses of the hosts; no other namespace can see them, so they stand in nobody's way."""


class NoNamespaces(RuntimeError):
    """Namespaces can't be made here; the message says why."""


class Namespace:
    """A network with links of its own."""

    def __init__(self) -> None:
        """Make one.

        :raises NoNamespaces: if this process may not.
        """
        home = os.open(_OWN, os.O_RDONLY)
        try:
            if _LIBC.unshare(_NEW_NETWORK):
                msg = f"a network namespace can't be made here: {os.strerror(ctypes.get_errno())}"
                raise NoNamespaces(msg)
            self._held = os.open(_OWN, os.O_RDONLY)
            _enter(home)
        finally:
            os.close(home)
        self.ip("link", "set", "lo", "up")

    @property
    def path(self) -> str:
        """Return a path by which another namespace's `ip` finds this one."""
        return f"/proc/{os.getpid()}/fd/{self._held}"

    @contextmanager
    def entered(self) -> Iterator[None]:
        """Let this thread, and what it starts meanwhile, be in the namespace."""
        home = os.open(_OWN, os.O_RDONLY)
        _enter(self._held)
        try:
            yield
        finally:
            _enter(home)
            os.close(home)

    def ip(self, *arguments: str) -> None:
        """Run `ip` in it.

        :raises NoNamespaces: with what `ip` wrote, if it fails.
        """
        with self.entered():
            done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)  # noqa: S607  Debian's.
        if done.returncode:
            msg = f"ip {' '.join(arguments)}: {done.stderr.strip()}"
            raise NoNamespaces(msg)

    def close(self) -> None:
        """Let go of it."""
        os.close(self._held)


class Network:
    """A switch, and hosts that are plugged into it by their names."""

    def __init__(self) -> None:
        """Make the switch.

        :raises NoNamespaces: if that can't be done here.
        """
        self._switch = Namespace()
        self._hosts: dict[str, Namespace] = {}
        self._switch.ip("link", "add", _BRIDGE, "type", "bridge")
        self._switch.ip("link", "set", _BRIDGE, "up")

    def add(self, name: str) -> tuple[Namespace, str]:
        """Plug a host in; return its namespace and its address."""
        host = self._hosts[name] = Namespace()
        address = f"{NET}.{len(self._hosts)}"
        host.ip("link", "add", "eth0", "type", "veth", "peer", "name", name, "netns", self._switch.path)
        self._switch.ip("link", "set", name, "master", _BRIDGE, "up")
        host.ip("address", "add", f"{address}/24", "dev", "eth0")
        host.ip("link", "set", "eth0", "up")
        return host, address

    def cut(self, name: str) -> None:
        """Take a host's cable out: from now on all packets are lost, and nobody is told."""
        self._switch.ip("link", "set", name, "down")

    def mend(self, name: str) -> None:
        """Put the cable back."""
        self._switch.ip("link", "set", name, "up")

    def close(self) -> None:
        """Let go of everything."""
        for each in (*self._hosts.values(), self._switch):
            each.close()


def require_namespaces() -> None:
    """Make sure that hosts can be made here, by making some.

    :raises NoNamespaces: with the reason if not.
    """
    if not Path(_OWN).exists():
        msg = "network namespaces are Linux's"
        raise NoNamespaces(msg)
    for program, package in (("ip", "iproute2"), ("unshare", "util-linux"), ("mount", "mount")):
        if shutil.which(program) is None:
            msg = f"{program} is not installed; Debian has it: apt-get install {package}"
            raise NoNamespaces(msg)
    if os.geteuid() != 0:
        msg = "only root may make network namespaces"
        raise NoNamespaces(msg)
    network = Network()
    try:
        network.add("probe")
    finally:
        network.close()
    command = ["unshare", "--mount", "--uts", "sh", "-c", "hostname probe && mount -t tmpfs tmpfs /tmp"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        msg = f"a host with files of its own can't be made here: {done.stderr.strip()}"
        raise NoNamespaces(msg)


def _enter(descriptor: int) -> None:
    if _LIBC.setns(descriptor, _NEW_NETWORK):
        msg = f"a network namespace can't be entered: {os.strerror(ctypes.get_errno())}"
        raise NoNamespaces(msg)
