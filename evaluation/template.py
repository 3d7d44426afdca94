"""HTML files that open anywhere, offline: one stylesheet, and pictures inside."""

import base64
import re
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

HERE = Path(__file__).parent


def render(name: str, **told: Any) -> str:
    """Write a page by the template of this name, which gets the stylesheet as `css`."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"code": _code, "keep_arrow": _keep_arrow}
    css = Markup((HERE / "report.css").read_text())
    return environment.get_template(name).render(css=css, **told)


def data_address(kind: str, content: bytes) -> str:
    """Give the address that holds a file of a MIME type itself."""
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _code(text: str) -> Markup:
    """Mark what stands between backticks as a command."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def _keep_arrow(heading: str) -> str:
    """Keep the arrow of a measure in the line of its name."""
    return re.sub(r" (?=[↑↓])", "\N{NO-BREAK SPACE}", heading)
