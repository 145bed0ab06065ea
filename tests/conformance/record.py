"""Passes what clients send on to a server, and keeps each request with its reply.

Usage: record.py URL-OF-THE-SERVER FILE

Prints one line of JSON with the `url` at which it listens, on this machine alone, and goes on until it is ended. Each
exchange is added to FILE as a line that `openapi.py` reads. Clients believe that it is the server: no name is changed,
neither in what they send nor in what comes back.
"""

import http.client
import http.server
import json
import sys
import threading
import urllib.parse

# What belongs to one connection, and not to what is carried over it.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
              "transfer-encoding", "upgrade"}


def text(body):
    """A body as the recording has it: `None` where it is no text."""
    try:
        return body.decode()
    except UnicodeDecodeError:
        return None


def handler(server, file):
    """What answers one request after the other."""
    host = urllib.parse.urlsplit(server).netloc
    lock = threading.Lock()

    class Recorder(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def carry(self):
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = [(name, value) for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP]
            connection = http.client.HTTPConnection(host)
            try:
                connection.request(self.command, self.path, sent, dict(headers))
                reply = connection.getresponse()
                body = reply.read()
            except (OSError, http.client.HTTPException):
                # Where the server gives no answer, there is none.
                self.close_connection = True
                return
            finally:
                connection.close()
            back = [(name, value) for name, value in reply.getheaders()
                    if name.lower() not in HOP_BY_HOP | {"content-length"}]
            exchange = {"method": self.command, "url": server + self.path, "request_headers": headers,
                        "request_body": text(sent), "status": reply.status, "response_headers": back,
                        "response_body": text(body)}
            with lock:
                file.write(json.dumps(exchange) + "\n")
                file.flush()
            self.send_response_only(reply.status)
            for name, value in back:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = carry

        def log_message(self, *_):
            """Says nothing: the recording says it all."""

    return Recorder


def main(server, path):
    with open(path, "a", encoding="utf-8") as file:
        proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler(server.rstrip("/"), file))
        print(json.dumps({"url": f"http://127.0.0.1:{proxy.server_address[1]}"}), flush=True)
        proxy.serve_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
