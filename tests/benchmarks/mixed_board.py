"""A board of mixed pictures: it lists them as a booru does, and nginx serves them where it is.

Only the listings are made in Python then, so that what is measured is not kept waiting.
"""

import getpass
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from light_board import DIRECTORY, build_board_of
from mixed_pictures import Made, Mixed
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from scraper.sample_booru.serving import HOST, serve_app

START_SECONDS = 10.0
NGINX = """
daemon off; worker_processes 1; pid {home}/pid; error_log stderr crit; user {user};
events {{ worker_connections 256; }}
http {{
    access_log off; sendfile on; keepalive_requests 1000000; default_type image/png;
    client_body_temp_path {home}/body; proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi; uwsgi_temp_path {home}/uwsgi; scgi_temp_path {home}/scgi;
    server {{
        listen {host}:{port};
        location /images/{directory}/ {{ alias {folder}/; }}
        location / {{ proxy_pass {app}; proxy_set_header Host $http_host; }}
    }}
}}
"""


@contextmanager
def serve_mixed(made: Made) -> Iterator[str]:
    """Serve the pictures and their listing while the block runs; yields the address."""
    with serve_app(build_mixed(made)) as app:
        if not shutil.which("nginx"):
            yield app
            return
        with _nginx(made, app) as address:
            yield address


def url_of(picture: Mixed, address: str) -> str:
    """Give where a board serves a picture."""
    return f"{address}/images/{DIRECTORY}/{picture.name}"


def build_mixed(made: Made) -> Starlette:
    """Build the app of the board."""

    def post(address: str, post_id: int) -> str:
        picture, md5 = made.pictures[post_id - 1], made.md5s[post_id - 1]
        return (
            f'<post id="{post_id}" md5="{md5}" width="{picture.width}" height="{picture.height}"'
            f' file_url="{url_of(picture, address)}" tags=" made " rating="s"'
            ' score="" source="" parent_id=""'
            ' creator_id="1" has_children="false" status="active" change="1704067200"'
            ' created_at="Mon Jan 01 00:00:00 +0000 2024" />\n'
        )

    files = Mount(f"/images/{DIRECTORY}", StaticFiles(directory=made.folder))
    return build_board_of(len(made.pictures), post, files)


@contextmanager
def _nginx(made: Made, app: str) -> Iterator[str]:
    port = _free_port()
    with tempfile.TemporaryDirectory() as home:
        text = NGINX.format(
            home=home,
            user=getpass.getuser(),
            host=HOST,
            port=port,
            directory=DIRECTORY,
            folder=made.folder.absolute(),
            app=app,
        )
        config = Path(home) / "nginx.conf"
        config.write_text(text)
        server = subprocess.Popen(["nginx", "-c", str(config), "-p", home])
        try:
            _await(port)
            yield f"http://{HOST}:{port}"
        finally:
            server.terminate()
            server.wait()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        return int(taken.getsockname()[1])


def _await(port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection((HOST, port)).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return
