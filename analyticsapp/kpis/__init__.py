"""Every figure we publish, defined once: what it is called, how it is made, and how it is computed.

The dashboard, the files, `docs/kpi_definitions.md` and the contract are made from this registry. A
formula that changes gets a new `version`.
"""

from analyticsapp.kpis.bank import BANK
from analyticsapp.kpis.customers import CUSTOMERS
from analyticsapp.kpis.dashboard import DASHBOARD
from analyticsapp.kpis.definition import Kpi
from analyticsapp.kpis.disputes import DISPUTES
from analyticsapp.kpis.goods import GOODS
from analyticsapp.kpis.margin import MARGIN
from analyticsapp.kpis.refunds import REFUNDS
from analyticsapp.kpis.wishes import WISHES

_ALL = (*DASHBOARD, *WISHES, *MARGIN, *CUSTOMERS, *REFUNDS, *DISPUTES, *BANK, *GOODS)
KPIS: dict[str, Kpi] = {kpi.key: kpi for kpi in _ALL}
"""Key → definition, in the order of the files' rows."""
