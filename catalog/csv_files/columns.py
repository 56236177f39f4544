"""The columns of the file, in their order. docs/catalogue.md explains them."""

from typing import NamedTuple


class Column(NamedTuple):
    """A column's name and what its cells mean."""

    name: str
    meaning: str


COLUMNS = (
    Column("category", "Its name. One that is not there is made."),
    Column(
        "product_slug", "The product's address in the shop; tells products apart. Empty: made of its name."
    ),
    Column("product_name", "What customers read."),
    Column("description", "Text of the product's page."),
    Column("sku", "Tells variants apart. The only column that no row can do without."),
    Column("variant_name", "What sets the variant apart, such as 50 ml."),
    Column("price", "In major units, with a point: 14.50, or 2980 for JPY."),
    Column("currency", "ISO code, such as GBP."),
    Column(
        "cost",
        "What one piece costs you, without tax, in the same currency; `unknown` forgets it. For margins.",
    ),
    Column("stock", "Pieces on the shelf. Another number than there is becomes an adjustment."),
    Column("stock_tracked", "yes or no: whether stock is counted."),
    Column("preorder", "yes or no: whether it may be sold before it is there."),
    Column("active", "yes or no: whether the variant can be bought; no archives it."),
    Column("product_active", "yes or no: whether the product is in the shop; no archives it."),
)
NAMES = tuple(column.name for column in COLUMNS)
# Said of the product: the first row of a product decides, the others repeat it or stay empty.
OF_PRODUCT = ("category", "product_name", "description", "product_active")
YES, NO = "yes", "no"
UNKNOWN = "unknown"
