"""Asking a real Prefect server, as the tests do."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

BUSY = 503


def ask(url: str, path: str, content: Any = None, method: str = "POST") -> Any:
    """Ask the server's API, which is at `url`; a busy one is asked again, as Prefect's own does."""
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(
        f"{url}{path}", body, {"Content-Type": "application/json"}, method=method
    )
    for pause in (1, 2, 4, 8, 0):
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
            break
        except urllib.error.HTTPError as error:
            if error.code != BUSY or not pause:
                raise
            time.sleep(pause)
    return json.loads(text) if text else None
