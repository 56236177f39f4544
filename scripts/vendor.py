"""Fetch what the browser needs into `static/vendor/`, and draw the icon sprite.

    python3 scripts/vendor.py            both; needs npm and the network
    python3 scripts/vendor.py --check    is every icon that the templates name in the sprite? No network.

A package comes by `npm pack` in the version pinned below. One whose SHA-256 is another is refused.
To take a new version: change its line, run the script, look at the pages, commit everything together.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"
TEST_VENDOR = ROOT / "purelaka" / "tests" / "vendor"
SPRITE = VENDOR / "icons.svg"


class Package(NamedTuple):
    """One npm package: `files` maps a path inside it to the file it becomes."""

    name: str
    version: str
    sha256: str
    files: dict[str, Path]


ICONS = Package(
    "@tabler/icons",
    "3.51.0",
    "b30108713d3fa60aee862c2a133225da8e0f309be0708fe2925763ff810c766c",
    {"LICENSE": VENDOR / "LICENSE.tabler-icons"},
)
PACKAGES = [
    ICONS,
    Package(
        "@tabler/core",
        "1.6.1",
        "d02d679e51f6c179b21f035e154c13cdcb2ae8b18579e56ea606408ba7fc7a87",
        {"dist/css/tabler.min.css": VENDOR / "tabler.min.css"},
    ),
    Package(
        "echarts",
        "6.1.0",
        "681aff88cc1038c3fa941a3a53d1b177a52250b05335efc607d6105ae13be481",
        {
            "dist/echarts.min.js": VENDOR / "echarts.min.js",
            "LICENSE": VENDOR / "LICENSE.echarts",
            "NOTICE": VENDOR / "NOTICE.echarts",
        },
    ),
    Package(
        "htmx.org",
        "2.0.11",
        "165a2655073e9e6e55e307a7c74e8ebcdb76afb7701f9c16cfd106a13add408e",
        {"dist/htmx.min.js": VENDOR / "htmx.min.js", "LICENSE": VENDOR / "LICENSE.htmx"},
    ),
    # Only the tests use it: it looks for what shuts people out (WCAG).
    Package(
        "axe-core",
        "4.14.1",
        "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
        {"axe.min.js": TEST_VENDOR / "axe.min.js", "LICENSE": TEST_VENDOR / "LICENSE.axe-core"},
    ),
]

# {% icon "truck" %}, icon="truck", "icon": "truck"
NAMED = re.compile(r"""\bicon["']?(?:\s*[=:]\s*|\s+)["']([a-z0-9-]+)["']""")
QUOTED = re.compile(r"""["']([a-z0-9-]{2,})["']""")
TEMPLATES, PYTHON = ("templates/**/*.html", "*/tests/*.html"), "[a-z]*/**/*.py"
SOURCE_MAP = re.compile(rb"/[*/]# sourceMappingURL=\S+(?: \*/)?\s*$")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only look whether the sprite is complete")
    if not parser.parse_args().check:
        fetch()
    missing = sorted(icons_named() - icons_drawn())
    print(
        f"Not in {SPRITE.name}: {', '.join(missing)}" if missing else f"{len(icons_drawn())} icons, all there"
    )
    return 1 if missing else 0


def fetch() -> None:
    """Unpack every package and draw the sprite."""
    with tempfile.TemporaryDirectory() as folder:
        for package in PACKAGES:
            root = unpacked(package, Path(folder))
            for inside, target in package.files.items():
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(SOURCE_MAP.sub(b"", (root / inside).read_bytes()))
            if package is ICONS:
                SPRITE.write_text(sprite(root), encoding="utf-8")
            print(f"{package.name} {package.version}")
    (VENDOR / "LICENSE.tabler").write_text(tabler_licence(), encoding="utf-8")


def tabler_licence() -> str:
    """The MIT terms as Tabler's icons carry them, for Tabler's CSS, whose package has no licence file."""
    banner = (VENDOR / "tabler.min.css").read_text(encoding="utf-8")[:500]
    holders = "\n".join(re.findall(r"Copyright .*", banner))
    terms = (VENDOR / "LICENSE.tabler-icons").read_text(encoding="utf-8").split("Permission is", 1)[1]
    return f"The MIT License (MIT)\n\n{holders}\n\nPermission is{terms}"


def unpacked(package: Package, folder: Path) -> Path:
    """The folder with the package's content. Exits when npm fails or the content is not the pinned one."""
    npm = shutil.which("npm") or sys.exit("npm is not installed. It is needed to fetch, not to run PureLaka.")
    spec = f"{package.name}@{package.version}"
    target = folder / package.sha256
    target.mkdir()
    run = subprocess.run([npm, "pack", spec, "--silent"], cwd=target, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"npm pack {spec} failed: {run.stderr.strip()}")
    archive = next(target.glob("*.tgz"))
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != package.sha256:
        sys.exit(f"{spec} has SHA-256 {found}, pinned is {package.sha256}: not taken.")
    with tarfile.open(archive) as content:
        content.extractall(target, filter="data")
    return target / "package"


def sprite(icons: Path) -> str:
    """One SVG with a symbol for each icon that is named somewhere, drawn in the text's colour."""
    chosen = {name for name in icons_chosen() if (icons / "icons" / "outline" / f"{name}.svg").exists()}
    symbols = [symbol(icons, name) for name in sorted(icons_named() | chosen)]
    return '<svg xmlns="http://www.w3.org/2000/svg">\n' + "\n".join(symbols) + "\n</svg>\n"


def symbol(icons: Path, name: str) -> str:
    """`heart` is drawn in lines, `heart-filled` is a filled shape."""
    filled = name.endswith("-filled")
    folder, paint = ("filled", 'fill="currentColor"') if filled else ("outline", LINES)
    source = icons / "icons" / folder / f"{name.removesuffix('-filled')}.svg"
    if not source.exists():
        sys.exit(f"{ICONS.name} has no icon {name}. See tabler.io/icons for the names.")
    inner = re.search(r"<svg.*?>(.*)</svg>", source.read_text(encoding="utf-8"), re.DOTALL)
    assert inner, source
    shapes = " ".join(inner[1].split())
    return f'<symbol id="{name}" viewBox="0 0 24 24" {paint}>{shapes}</symbol>'


LINES = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'


def icons_named() -> set[str]:
    """The icons that templates and Python name."""
    return {name for text in sources(*TEMPLATES, PYTHON) for name in NAMED.findall(text)}


def icons_chosen() -> set[str]:
    """Words that may be icons: those in quotes where Python speaks of icons, as for an order's timeline."""
    speaking = [text for text in sources(PYTHON) if re.search(r"\bicon\b", text)]
    return {name for text in speaking for name in QUOTED.findall(text)}


def sources(*patterns: str) -> list[str]:
    """The texts of our files, without those of the tools."""
    files = {path for pattern in patterns for path in ROOT.glob(pattern)} - {Path(__file__).resolve()}
    return [path.read_text(encoding="utf-8") for path in files]


def icons_drawn() -> set[str]:
    """The icons in the sprite."""
    return set(re.findall(r'<symbol id="([^"]+)"', SPRITE.read_text(encoding="utf-8")))


if __name__ == "__main__":
    sys.exit(main())
