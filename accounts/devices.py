"""What a browser calls itself, in words that its owner knows it by."""

# Each names itself by the first of these words that it has; most also claim to be one further down.
BROWSERS = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
]
SYSTEMS = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
]
UNKNOWN = "Unknown device"


def spoken(user_agent: str) -> str:
    """`Firefox on Windows`; a program that is no browser by its first word; at most 60 characters."""
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    own = user_agent.split("/")[0].strip()
    return (browser or system or own or UNKNOWN)[:60]


def _first(words: list[tuple[str, str]], text: str) -> str:
    return next((name for word, name in words if word in text), "")
