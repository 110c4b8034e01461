"""A dataset hub on loopback: enough of Hugging Face's HTTP interface for `datasets` to load files from it.

    with HubServer({"org/name": {"data/train.jsonl": b"..."}}) as hub:
        subprocess.run(..., env={**os.environ, "HF_ENDPOINT": hub.url, "HF_HOME": str(tmp_path)})

`huggingface_hub` reads HF_ENDPOINT when it is imported, so that what uses it runs in a process of its own.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

Files = Mapping[str, bytes]


class HubServer:
    """The server; a context manager.

    Args:
        datasets: For each name its files by path.
        branch: The branch that everything is on.
    """

    def __init__(self, datasets: Mapping[str, Files], branch: str = "main") -> None:
        self.datasets = datasets
        self.branch = branch
        self.requests: list[str] = []
        hub = self

        class Handler(_Handler):
            served = hub

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def commit(self, name: str) -> str:
        """The commit of a dataset: a digest of its files."""
        files = [[path, hashlib.sha1(data).hexdigest()] for path, data in self.datasets[name].items()]
        return hashlib.sha1(json.dumps(files).encode()).hexdigest()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    served: HubServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._route(b"")

    def do_HEAD(self) -> None:
        self._route(b"")

    def do_POST(self) -> None:
        self._route(self.rfile.read(int(self.headers.get("Content-Length") or 0)))

    def log_message(self, *_: object) -> None:
        """Says nothing."""

    def _route(self, body: bytes) -> None:
        path = unquote(urlsplit(self.path).path)
        self.served.requests.append(f"{self.command} {path}")
        for name in self.served.datasets:
            if path.startswith(f"/datasets/{name}/resolve/"):
                revision, _, file = path.removeprefix(f"/datasets/{name}/resolve/").partition("/")
                return self._file(name, revision, file)
            if path == f"/api/datasets/{name}" or path.startswith(f"/api/datasets/{name}/"):
                return self._api(name, path.removeprefix(f"/api/datasets/{name}").strip("/").split("/"), body)
        return self._missing("RepoNotFound", "Repository not found")

    def _api(self, name: str, parts: list[str], body: bytes) -> None:
        revision = parts[1] if len(parts) > 1 else self.served.branch
        if revision not in (self.served.branch, self.served.commit(name)):
            return self._missing("RevisionNotFound", f"Invalid rev id: {revision}")
        if parts[0] in ("", "revision"):
            return self._json(self._info(name))
        if parts[0] == "tree":
            return self._json(self._entries(name, "/".join(parts[2:])))
        if parts[0] == "paths-info":
            wanted = json.loads(body)["paths"] if body.startswith(b"{") else parse_qs(body.decode())["paths"]
            return self._json([one for path in wanted for one in self._entries(name, path, exact=True)])
        return self._missing("EntryNotFound", "Entry not found")

    def _info(self, name: str) -> dict[str, Any]:
        siblings = [{"rfilename": path} for path in self.served.datasets[name]]
        return {
            "id": name,
            "sha": self.served.commit(name),
            "siblings": siblings,
            "private": False,
            "tags": [],
        }

    def _entries(self, name: str, under: str, *, exact: bool = False) -> list[dict[str, Any]]:
        files = self.served.datasets[name]
        folders = {path.rpartition("/")[0] for path in files if "/" in path}
        entries = [{"type": "directory", "path": path, "oid": "0" * 40, "size": 0} for path in folders]
        entries += [
            {"type": "file", "path": path, "oid": hashlib.sha1(data).hexdigest(), "size": len(data)}
            for path, data in files.items()
        ]
        if exact:
            return [entry for entry in entries if entry["path"] == under]
        return [entry for entry in entries if not under or str(entry["path"]).startswith(f"{under}/")]

    def _file(self, name: str, revision: str, path: str) -> None:
        data = self.served.datasets[name].get(path)
        if revision not in (self.served.branch, self.served.commit(name)):
            return self._missing("RevisionNotFound", f"Invalid rev id: {revision}")
        if data is None:
            return self._missing("EntryNotFound", "Entry not found")
        headers = {"X-Repo-Commit": self.served.commit(name), "ETag": f'"{hashlib.sha1(data).hexdigest()}"'}
        return self._send(200, data, headers)

    def _json(self, value: Any) -> None:
        self._send(200, json.dumps(value).encode(), {"Content-Type": "application/json"})

    def _missing(self, code: str, words: str) -> None:
        self._send(
            404, json.dumps({"error": words}).encode(), {"X-Error-Code": code, "X-Error-Message": words}
        )

    def _send(self, status: int, data: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, text in {**headers, "Content-Length": str(len(data))}.items():
            self.send_header(name, text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)
