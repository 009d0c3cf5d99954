"""moto's server on connections that are kept: werkzeug closes each after one answer, and opening them took most of the time."""

import io
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler


class KeptAlive(MotoRequestHandler):
    """Answers request after request on one connection."""

    protocol_version = "HTTP/1.1"

    def make_environ(self) -> dict[str, Any]:
        """Read the body to its end, whatever the application does with it: behind it the next request begins."""
        environ = super().make_environ()
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            self.close_connection = True
        else:
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(int(self.headers.get("Content-Length") or 0)))
        return environ

    def send_header(self, keyword: str, value: str) -> None:
        """Leave out that the connection will be closed, unless it will."""
        if keyword.lower() != "connection" or self.close_connection:
            super().send_header(keyword, value)

    def handle_expect_100(self) -> bool:
        """Leave it to werkzeug, which answers this by itself."""
        return True
