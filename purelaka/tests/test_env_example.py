"""`.env.example` describes every variable that is read, no other, and with its real default."""

import ast
import re
from collections.abc import Iterator

from django.conf import settings
from django.test import SimpleTestCase

READERS = {"text", "required", "flag", "choice", "integer", "items", "path", "web_address", "amounts"}
DEFAULT_AT = {"text": 1, "items": 1, "web_address": 1, "integer": 1, "choice": 2}  # position of the default


def calls(file: str) -> Iterator[tuple[str, ast.Call]]:
    """Each `env.flag("NAME", ...)` or `os.environ.get("NAME", ...)` of a file: reader and call."""
    for node in ast.walk(ast.parse((settings.BASE_DIR / file).read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = ast.unparse(node.func.value)
            if (owner == "env" and node.func.attr in READERS) or owner == "os.environ":
                yield node.func.attr, node


def literal(node: ast.expr) -> object:
    assert isinstance(node, ast.Constant), f"line {node.lineno}: {ast.unparse(node)} is not written out"
    return node.value


def read_by(*files: str) -> set[str]:
    return {str(literal(call.args[0])) for file in files for _, call in calls(file)}


def default_of(reader: str, call: ast.Call) -> str | None:
    """The default as `.env.example` writes it; None when the code computes it or has none."""
    at = DEFAULT_AT.get(reader, 99)
    given = [call.args[at]] if len(call.args) > at else [k.value for k in call.keywords if k.arg == "default"]
    if not given or not isinstance(given[0], ast.Constant):
        return None
    value = given[0].value
    return str(int(value)) if isinstance(value, bool) else str(value)


def documented() -> dict[str, str]:
    """Variable → value, of the lines `NAME=value` and `# NAME=value`."""
    text = (settings.BASE_DIR / ".env.example").read_text()
    return dict(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]*)=(.*)$", text, re.MULTILINE))


class EnvExampleTests(SimpleTestCase):
    def test_it_has_every_variable_that_is_read_and_no_other(self) -> None:
        compose = (settings.BASE_DIR / "docker-compose.yml").read_text()
        used = read_by("purelaka/settings.py", "purelaka/settings_prod.py", "gunicorn.conf.py")

        self.assertEqual(set(documented()), used | set(re.findall(r"\$\{([A-Z_]+)", compose)))

    def test_it_shows_the_real_defaults(self) -> None:
        shown = documented()
        defaults = {
            str(literal(call.args[0])): default
            for file in ("purelaka/settings.py", "purelaka/settings_prod.py")
            for reader, call in calls(file)
            if (default := default_of(reader, call)) is not None
        }

        self.assertGreater(len(defaults), 10)
        self.assertEqual({name: shown[name] for name in defaults}, defaults)

    def test_it_holds_no_secret(self) -> None:
        for name, value in documented().items():
            if re.search("SECRET|PASSWORD|KEY", name):
                self.assertEqual(value, "", name)
