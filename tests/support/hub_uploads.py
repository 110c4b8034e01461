"""A hub on loopback that takes uploads: enough of its HTTP interface for `huggingface_hub` to commit to a dataset.

    with UploadHub() as hub:
        subprocess.run(..., env={**os.environ, **hub.environment(tmp_path)})
    hub.repos["me/first"].files  # path -> bytes

Parquet files go through the protocol of large files, others within the commit, as on the real hub.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

TOKEN = "hf_of_the_tests"


@dataclass
class Repo:
    """A dataset repository: its files, its commits, and whether it is private."""

    private: bool = False
    files: dict[str, bytes] = field(default_factory=dict)
    commits: list[list[str]] = field(default_factory=list)


class UploadHub:
    """The server; a context manager."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.large: dict[str, bytes] = {}
        self.requests: list[str] = []
        self.fail_at: str | None = None
        """A piece of a path: requests to it are refused with 500."""
        hub = self

        class Handler(_Handler):
            served = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def environment(self, home: Path, token: str = TOKEN) -> dict[str, str]:
        """What a process needs to talk to this hub and to no other."""
        return {"HF_ENDPOINT": self.url, "HF_HOME": str(home), "HF_TOKEN": token, "HF_HUB_DISABLE_XET": "1"}

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: UploadHub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._route(b"")

    def do_HEAD(self) -> None:
        self._route(b"")

    def do_POST(self) -> None:
        self._route(self._body())

    def do_PUT(self) -> None:
        self._route(self._body())

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") == "chunked":
            pieces = []
            while size := int(self.rfile.readline().strip(), 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(pieces)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _route(self, body: bytes) -> None:
        path = unquote(urlsplit(self.path).path)
        self.served.requests.append(f"{self.command} {path}")
        if self.served.fail_at is not None and self.served.fail_at in path:
            return self._json({"error": "no room left"}, 500)
        if path.startswith("/large/"):
            self.served.large[path.removeprefix("/large/")] = body
            return self._json({})
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self._json({"error": "Invalid credentials in Authorization header"}, 401)
        if path == "/api/validate-yaml":
            return self._json({"errors": [], "warnings": []})
        if path == "/api/whoami-v2":
            return self._json({"name": "me", "type": "user", "orgs": []})
        if path == "/api/repos/create":
            return self._create(json.loads(body))
        if path.endswith(".git/info/lfs/objects/batch"):
            return self._large(json.loads(body))
        parts = path.removeprefix("/api/datasets/").split("/")
        repo = self.served.repos.get("/".join(parts[:2]))
        return self._json({"error": "not found"}, 404) if repo is None else self._repo(repo, parts, body)

    def _create(self, asked: dict[str, Any]) -> None:
        owner = asked.get("organization") or "me"
        name = f"{owner}/{asked['name']}"
        if owner != "me":
            return self._json({"error": "You don't have the rights to create a dataset there"}, 403)
        if name in self.served.repos:
            return self._json(
                {
                    "error": "You already created this dataset repo",
                    "url": f"{self.served.url}/datasets/{name}",
                },
                409,
            )
        self.served.repos[name] = Repo(private=bool(asked.get("private")))
        return self._json({"url": f"{self.served.url}/datasets/{name}"})

    def _repo(self, repo: Repo, parts: list[str], body: bytes) -> None:
        kind = parts[2] if len(parts) > 2 else "revision"
        if kind == "preupload":
            files = [self._mode(repo, file["path"]) for file in json.loads(body)["files"]]
            return self._json({"files": files})
        if kind == "commit":
            return self._commit(repo, "/".join(parts[:2]), body)
        if kind == "tree":
            entries = [
                {"type": "file", "path": path, "oid": hashlib.sha1(data).hexdigest(), "size": len(data)}
                for path, data in repo.files.items()
            ]
            return self._json(entries)
        siblings = [{"rfilename": path} for path in repo.files]
        info = {
            "id": "/".join(parts[:2]),
            "sha": "0" * 40,
            "private": repo.private,
            "tags": [],
            "siblings": siblings,
        }
        return self._json(info)

    def _mode(self, repo: Repo, path: str) -> dict[str, Any]:
        large = path.endswith(".parquet")
        held = repo.files.get(path)
        oid = None if held is None else hashlib.sha256(held).hexdigest() if large else _blob(held)
        return {"path": path, "uploadMode": "lfs" if large else "regular", "shouldIgnore": False, "oid": oid}

    def _large(self, asked: dict[str, Any]) -> None:
        objects = []
        for one in asked["objects"]:
            known = one["oid"] in self.served.large
            href = f"{self.served.url}/large/{one['oid']}"
            objects.append({**one, **({} if known else {"actions": {"upload": {"href": href}}})})
        self._json({"transfer": "basic", "objects": objects})

    def _commit(self, repo: Repo, name: str, body: bytes) -> None:
        changed = []
        for line in body.decode().splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                repo.files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                repo.files[value["path"]] = self.served.large[value["oid"]]
            elif entry["key"] == "deletedFile":
                del repo.files[value["path"]]
            changed += [] if entry["key"] == "header" else [f"{entry['key']} {value['path']}"]
        repo.commits.append(changed)
        oid = f"{len(repo.commits):040d}"
        url = f"{self.served.url}/datasets/{name}/commit/{oid}"
        self._json({"success": True, "commitOid": oid, "commitUrl": url, "hookOutput": ""})

    def _json(self, value: Any, status: int = 200) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


def _blob(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
