"""How long property tests search: a little each time, more in a deep run.

`HYPOTHESIS_PROFILE=deep` multiplies the number of examples; CONTRIBUTING.md tells of it.
"""

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings

DEEP = 20
IS_DEEP = os.environ.get("HYPOTHESIS_PROFILE") == "deep"


def examples(count: int, **fields: Any) -> Callable[[Any], Any]:
    """Decorates a property test that looks at `count` examples, or in a deep run at many more.

    A failing example is printed as it was found: to make it smaller would take minutes of events
    applied to a database. A deep run does it, too.
    """
    phases = set(Phase) if IS_DEEP else set(Phase) - {Phase.shrink, Phase.explain}
    return settings(
        max_examples=count * DEEP if IS_DEEP else count,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        phases=phases,
        **fields,
    )
