"""A stand-in of the Hugging Face hub on this machine: the requests of an upload, checked and recorded."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "hf_standin"  # not a token of anybody
LARGE = (".skops", ".safetensors", ".npz")


class HubStandIn:
    """The state of the hub: repositories with their files, and the answers that a test asks for.

    Attributes:
        files: by repository and path, the content after the last commit.
        private: by repository, whether it was created as a private one.
        refuses_card: what the check of a card answers; empty accepts it.
        read_only: a token may not write.
        paths: the paths of all requests, in order.
    """

    def __init__(self) -> None:
        self.files: dict[str, dict[str, bytes]] = {}
        self.private: dict[str, bool] = {}
        self.commits: list[str] = []
        self.objects: dict[str, bytes] = {}
        self.refuses_card = ""
        self.read_only = False
        self.paths: list[str] = []
        self.address = ""

    def answer(self, method: str, path: str, body: bytes, token: str) -> tuple[int, Any]:
        """Return the status and the JSON of an answer."""
        path = path.partition("?")[0]
        self.paths.append(f"{method} {path}")
        if path == "/api/validate-yaml":
            card = json.loads(body)
            assert card["repoType"] == "model"
            if self.refuses_card:
                return 400, {"error": self.refuses_card, "errors": [{"message": self.refuses_card}], "warnings": []}
            return 200, {"errors": [], "warnings": []}
        if method == "PUT" and path.startswith("/storage/"):
            oid = path.rpartition("/")[2]
            assert hashlib.sha256(body).hexdigest() == oid
            self.objects[oid] = body
            return 200, {}
        if token != TOKEN:
            return 401, {"error": "Invalid username or password."}
        if self.read_only:
            return 403, {"error": "This token may not write."}
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked.get('organization') or 'me'}/{asked['name']}"
            if not name.startswith("me/"):
                return 404, {"error": f"There is no {asked['organization']}."}
            if name in self.files:
                return 409, {"error": "You already created this model repo", "url": f"{self.address}/{name}"}
            self.files[name], self.private[name] = {}, asked.get("private") or asked.get("visibility") == "private"
            return 200, {"url": f"{self.address}/{name}", "name": name}
        if path.endswith("/info/lfs/objects/batch"):
            objects = [
                {**one, "actions": {"upload": {"href": f"{self.address}/storage/{one['oid']}"}}}
                for one in json.loads(body)["objects"]
            ]
            return 200, {"transfer": "basic", "objects": objects}
        name, _, action = path.removeprefix("/api/models/").rpartition("/main")[0].rpartition("/")
        if action == "preupload":
            files = [
                {"path": one["path"], "shouldIgnore": False, "uploadMode": self._mode(one["path"])}
                for one in json.loads(body)["files"]
            ]
            return 200, {"files": files}
        if action == "commit":
            self._commit(name, [json.loads(line) for line in body.splitlines()])
            oid = hashlib.sha1(body).hexdigest()
            return 200, {"commitUrl": f"{self.address}/{name}/commit/{oid}", "commitOid": oid, "success": True}
        return 404, {"error": f"the stand-in has no {method} {path}"}

    @staticmethod
    def _mode(path: str) -> str:
        return "lfs" if path.endswith(LARGE) else "regular"

    def _commit(self, name: str, lines: list[dict[str, Any]]) -> None:
        for line in lines:
            value = line["value"]
            if line["key"] == "header":
                self.commits.append(value["summary"])
            elif line["key"] == "file":
                self.files[name][value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                self.files[name][value["path"]] = self.objects[value["oid"]]


@contextmanager
def running(hub: HubStandIn) -> Iterator[str]:
    """Serve the stand-in on this machine while the context lasts; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_any(self) -> None:
            if self.headers.get("Transfer-Encoding") == "chunked":
                body = b""
                while size := int(self.rfile.readline(), 16):
                    body += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
            else:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
            status, answer = hub.answer(self.command, self.path, body, token)
            sent = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(sent)))
            if status >= 400 and isinstance(answer, dict):
                self.send_header("X-Error-Message", str(answer.get("error", "")))
            self.end_headers()
            self.wfile.write(sent)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hub.address = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield hub.address
    finally:
        server.shutdown()
        server.server_close()
