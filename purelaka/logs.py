"""What must not stand in the log."""

import logging
import re

SIGNED_LINK = re.compile(r"/(o|staff/join)/[^/\s]+")


class WithoutLinks(logging.Filter):
    """Takes the tokens of signed links out: whoever reads the log could open what they open."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        if SIGNED_LINK.search(said):
            record.msg, record.args = SIGNED_LINK.sub(r"/\1/…", said), None
        return True
