"""The stock as it will be, so that nobody in the plan buys what is not there."""

from datetime import date, datetime, timedelta
from heapq import heappop, heappush

from monitoring.demo.goods import PACKS, Pack
from purelaka.days import day_start, store_day

DAYS_TO_DELIVER = 5
NO_MORE = timedelta(days=40)  # what is to run low is not delivered in these last days
BASKET = 2  # pieces of one kind that one basket may hold


class Shelf:
    """Levels by SKU at a moment that only moves forward. `deliveries` is all that was received.

    `scale` multiplies the deliveries of a shop that sells more.
    """

    def __init__(self, first_day: date, end: datetime, scale: int = 1) -> None:
        self.end = end
        self.scale = scale
        self.level = dict.fromkeys(PACKS, 0)
        self.deliveries: list[tuple[datetime, str, int]] = []
        self._coming: list[tuple[datetime, str, int]] = []
        self._due: dict[str, datetime] = {}  # when the last delivery comes
        for pack in PACKS.values():
            if not pack.preorder:
                self._orders(pack, self._launch(pack, first_day))

    def until(self, moment: datetime) -> None:
        """What comes in before `moment` is on the shelf."""
        while self._coming and self._coming[0][0] <= moment:
            _, sku, quantity = heappop(self._coming)
            self.level[sku] += quantity

    def has(self, pack: Pack, at: datetime) -> bool:
        """Whether a basket of it can be bought at `at`."""
        if pack.preorder:
            return at >= self.end - timedelta(days=pack.launched or 0)
        return self.level[pack.sku] >= BASKET

    def takes(self, sku: str, quantity: int, at: datetime) -> None:
        """Pieces are promised; more is ordered when few are left."""
        pack = PACKS[sku]
        if pack.preorder:
            return
        self.level[sku] -= quantity
        few = self.level[sku] < pack.delivery * self.scale // 4
        if few and self._due[sku] <= at and (pack.left is None or at < self.end - NO_MORE):
            self._orders(pack, at + timedelta(days=DAYS_TO_DELIVER))

    def gets_back(self, sku: str, quantity: int, at: datetime) -> None:
        """Pieces will be there again at `at`: not paid for, or returned."""
        if not PACKS[sku].preorder:
            heappush(self._coming, (at, sku, quantity))

    def finds_more(self, pack: Pack, at: datetime) -> None:
        """A delivery nobody had planned came the day before."""
        self._orders(pack, at - timedelta(days=1))
        self.until(at)

    def _orders(self, pack: Pack, at: datetime) -> None:
        quantity = pack.delivery * self.scale
        arrives = day_start(store_day(at)) + timedelta(hours=8, minutes=30)
        self._due[pack.sku] = arrives
        self.deliveries.append((arrives, pack.sku, quantity))
        heappush(self._coming, (arrives, pack.sku, quantity))

    def _launch(self, pack: Pack, first_day: date) -> datetime:
        if pack.launched is None:
            return day_start(first_day) - timedelta(hours=12)
        return self.end - timedelta(days=pack.launched)
