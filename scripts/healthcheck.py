"""Exit code 0 when this container's web server answers that it is well. Standard library only."""

import os
import sys
from urllib.error import URLError
from urllib.request import Request, urlopen


def host_header() -> str:
    """A name the site answers to: the first of ALLOWED_HOSTS."""
    first = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip()
    return first.lstrip(".") if first not in ("", "*") else "localhost"


def main() -> None:
    url = f"http://127.0.0.1:{os.environ.get('PORT', '8000')}/monitoring/healthz/"
    request = Request(url, headers={"Host": host_header()})
    try:
        with urlopen(request, timeout=4) as answer:  # noqa: S310
            print(answer.status)
    except (URLError, OSError) as error:
        sys.exit(f"{url}: {error}")


if __name__ == "__main__":
    main()
