"""Serves S3 in memory, by moto, with the bucket `lab`: for the tests of the store that `ledger: { s3: … }` names.

Prints one line of JSON when it listens. It answers one request at a time: what it does is looked at and then done, and two
at once could both be told that they were first.
"""

import json

from moto.server import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from werkzeug.serving import make_server

s3_backends["123456789012"]["aws"].create_bucket("lab", "us-east-1")
server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=False)
print(json.dumps({"url": f"http://127.0.0.1:{server.server_port}"}), flush=True)
server.serve_forever()
