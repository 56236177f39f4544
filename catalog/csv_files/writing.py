"""Write the catalogue: one row a variant, by product. A product without variants has no row."""

from collections.abc import Iterator

from catalog.csv_files.columns import NAMES, NO, YES
from catalog.models import Variant
from purelaka.csv_text import line, returning_cell
from purelaka.money import to_major

ROWS_AT_ONCE = 500


def written() -> Iterator[bytes]:
    """The file, in pieces of some hundred lines; one query, constant memory."""
    waiting = [line(NAMES)]
    variants = Variant.objects.select_related("product__category").order_by("product_id", "pk")
    for variant in variants.iterator(chunk_size=ROWS_AT_ONCE):
        waiting.append(line(cells(variant)))
        if len(waiting) >= ROWS_AT_ONCE:
            yield b"".join(waiting)
            waiting = []
    yield b"".join(waiting)


def cells(variant: Variant) -> list[str]:
    """The cells of one variant, in the order of the columns."""
    product = variant.product
    return [
        returning_cell(product.category.name),
        product.slug,
        returning_cell(product.name),
        returning_cell(product.description),
        returning_cell(variant.sku),
        returning_cell(variant.name),
        to_major(variant.unit_amount, variant.currency),
        variant.currency.upper(),
        "" if variant.unit_cost is None else to_major(variant.unit_cost, variant.currency),
        str(variant.stock) if variant.stock_tracked else "",
        _yes(variant.stock_tracked),
        _yes(variant.preorder),
        _yes(variant.is_active),
        _yes(product.is_active),
    ]


def _yes(value: bool) -> str:
    return YES if value else NO
