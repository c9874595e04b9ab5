"""A server that speaks the AT Protocol as far as we use it (https://docs.bsky.app/docs/api/)."""

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

from tests.networks.faults import Server, Wrong
from tests.outside.servers import Asked

PUT: Final = "/xrpc/com.atproto.repo.putRecord"
REFRESH: Final = "/xrpc/com.atproto.server.refreshSession"
PASSWORD: Final = "abcd-efgh-ijkl-mnop"
DID: Final = "did:plc:grace"
_KEY: Final = re.compile(r"[234567abcdefghij][234567a-z]{12}\Z")


@dataclass
class Bluesky(Server):
    """It knows one account, whose sessions are renewed, and its records by their keys."""

    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    refresh_tokens: set[str] = field(default_factory=set)
    access_tokens: set[str] = field(default_factory=set)
    attempts: list[str] = field(default_factory=list)
    sessions: int = 0

    def __post_init__(self) -> None:
        """Open the doors."""
        super().__post_init__()
        self.door("POST", "/xrpc/com.atproto.server.createSession", self._log_in)
        self.door("POST", REFRESH, self._refresh)
        self.door("POST", "/xrpc/com.atproto.server.deleteSession", self._log_out)
        self.door("POST", PUT, self._put)

    def _log_in(self, asked: Asked) -> dict[str, Any]:
        content = json.loads(asked.body)
        if (content["identifier"], content["password"]) != ("grace.bsky.social", PASSWORD):
            raise Wrong(401, "AuthenticationRequired", "Invalid identifier or password")
        return self._session()

    def _refresh(self, asked: Asked) -> dict[str, Any]:
        # Without a body, as the server refuses one.
        assert asked.body == b""
        self._require(asked, self.refresh_tokens)
        return self._session()

    def _log_out(self, asked: Asked) -> dict[str, Any]:
        self._require(asked, self.refresh_tokens)
        self.refresh_tokens.clear()
        self.access_tokens.clear()
        return {}

    def _put(self, asked: Asked) -> dict[str, Any]:
        self._require(asked, self.access_tokens)
        content = json.loads(asked.body)
        assert content["repo"] == DID
        assert content["collection"] == content["record"]["$type"] == "app.bsky.feed.post"
        assert _KEY.match(content["rkey"])
        text = content["record"]["text"]
        if len(text) > 300:
            raise Wrong(400, "InvalidRequest", "Record/text must not be longer than 300 graphemes")
        for facet in content["record"]["facets"]:
            assert 0 <= facet["index"]["byteStart"] < facet["index"]["byteEnd"] <= len(text.encode())
        self.attempts.append(content["rkey"])
        known = self.records.setdefault(content["rkey"], content["record"])
        assert known == content["record"], "the same key would change a post"
        return {"uri": f"at://{DID}/app.bsky.feed.post/{content['rkey']}", "cid": "bafy"}

    def links(self, key: str) -> dict[str, str]:
        """Return the addresses to which parts of a post lead, by the words of the parts."""
        record = self.records[key]
        text = record["text"].encode()
        return {
            text[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(): facet["features"][0]["uri"]
            for facet in record["facets"]
        }

    def _session(self) -> dict[str, Any]:
        self.sessions += 1
        access, refresh = f"access-{self.sessions}", f"refresh-{self.sessions}"
        self.access_tokens.add(access)
        self.refresh_tokens.add(refresh)
        return {"did": DID, "handle": "grace.bsky.social", "accessJwt": access, "refreshJwt": refresh}

    def _require(self, asked: Asked, tokens: set[str]) -> None:
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in tokens:
            raise Wrong(400, "ExpiredToken", "Token has been revoked")
