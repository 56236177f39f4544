"""What the demo shop sells."""

from dataclasses import dataclass

from catalog.models import Category, Product, Variant


@dataclass(frozen=True)
class Pack:
    """One variant. `wanted` is how often it is chosen, next to the others. `unit_cost`: None, not known.

    `delivery` pieces come at a time. `launched` is how many days before the end of the story it
    came into the shop; from the start if None. `left` is what a stocktake finds at the end.
    """

    sku: str
    name: str
    unit_amount: int
    wanted: float
    currency: str = "gbp"
    delivery: int = 60
    launched: int | None = None
    preorder: bool = False
    left: int | None = None
    unit_cost: int | None = None


@dataclass(frozen=True)
class Good:
    """One product. `season` names the months in which it is wanted more."""

    slug: str
    name: str
    category: str
    description: str
    packs: tuple[Pack, ...]
    season: str = ""


RANGE = (
    Good(
        "gentle-oat-cleanser",
        "Gentle Oat Cleanser",
        "Cleansers",
        "A milky gel that takes off the day and leaves the skin calm. Oat milk, no perfume, no squeak.",
        (
            Pack("OAT-150", "150 ml", 14_00, 10, unit_cost=4_10),
            Pack("OAT-300", "300 ml", 24_00, 4, unit_cost=6_90),
            Pack("OAT-150-EUR", "150 ml", 16_50, 10, "eur", 24, unit_cost=4_80),
        ),
    ),
    Good(
        "muslin-cloths",
        "Muslin Cloths",
        "Cleansers",
        "Three soft cotton cloths for washing the face. They go into the machine at 60 degrees.",
        (Pack("MUSLIN-3", "Pack of 3", 9_00, 5),),
    ),
    Good(
        "niacinamide-serum",
        "Niacinamide Serum 10%",
        "Serums",
        "A light, watery serum for an even look. Two drops in the morning are enough.",
        (
            Pack("NIA-30", "30 ml", 18_00, 12, unit_cost=4_35),
            Pack("NIA-30-EUR", "30 ml", 21_00, 12, "eur", 24, unit_cost=5_10),
        ),
    ),
    Good(
        "vitamin-c-serum",
        "Vitamin C Serum 15%",
        "Serums",
        "Fresh vitamin C in an airless bottle, made in small batches. Keep it out of the sun.",
        (
            Pack("VITC-30", "30 ml", 32_00, 9, launched=310, unit_cost=9_80),
            Pack("VITC-30-EUR", "30 ml", 37_00, 9, "eur", 24, launched=250, unit_cost=11_40),
        ),
    ),
    Good(
        "hyaluronic-hydrator",
        "Hyaluronic Hydrator",
        "Serums",
        "Three weights of hyaluronic acid that hold water where it is needed. Goes under anything.",
        (Pack("HYAL-30", "30 ml", 22_00, 8, unit_cost=5_60),),
    ),
    Good(
        "overnight-retinal",
        "Overnight Retinal 0.1%",
        "Serums",
        "Retinal for the night, twice a week to begin with. Not for use while expecting a child.",
        (Pack("RETINAL-30", "30 ml", 38_00, 6, delivery=24, launched=420, left=0, unit_cost=12_50),),
    ),
    Good(
        "barrier-repair-cream",
        "Barrier Repair Cream",
        "Moisturisers",
        "A rich cream for dry, upset skin, with ceramides and oat oil. Free of perfume.",
        (
            Pack("BARRIER-15", "15 ml", 11_00, 4, unit_cost=3_20),
            Pack("BARRIER-50", "50 ml", 28_00, 12, delivery=48, left=4, unit_cost=8_40),
            Pack("BARRIER-100", "100 ml", 46_00, 4, unit_cost=14_70),
            Pack("BARRIER-50-EUR", "50 ml", 33_00, 10, "eur", 24, unit_cost=9_90),
        ),
        season="cold",
    ),
    Good(
        "rosehip-facial-oil",
        "Rosehip Facial Oil",
        "Moisturisers",
        "Cold-pressed rosehip seed oil and nothing else. A few drops, pressed in last.",
        (Pack("ROSEHIP-30", "30 ml", 26_00, 5, left=3),),
        season="cold",
    ),
    Good(
        "daily-mineral-spf",
        "Daily Mineral SPF 50",
        "Sun care",
        "A mineral sunscreen that does not sting the eyes and leaves hardly a trace of white.",
        (
            Pack("SPF-50", "50 ml", 24_00, 9, unit_cost=7_90),
            Pack("SPF-50-EUR", "50 ml", 28_00, 9, "eur", 24, unit_cost=9_20),
            Pack("SPF-TINT-50", "50 ml, tinted", 26_00, 3, launched=18, preorder=True, unit_cost=8_60),
        ),
        season="sun",
    ),
    Good(
        "clay-mask",
        "Clay Mask",
        "Masks",
        "White clay and willow bark for ten minutes on a Sunday evening.",
        (Pack("CLAY-75", "75 ml", 19_00, 5, unit_cost=4_95),),
    ),
    Good(
        "rice-bran-sheet-masks",
        "Rice Bran Sheet Masks",
        "Masks",
        "Five thin cotton masks, soaked in rice bran water. Made for, and sold in, Japan.",
        (Pack("RICE-5", "Pack of 5", 2_980, 10, "jpy", 24, unit_cost=940),),
    ),
    Good(
        "lip-balm-trio",
        "Lip Balm Trio",
        "Lips",
        "Three balms in small tins: plain, mint and orange. Beeswax from English hives.",
        (Pack("LIPS-3", "3 × 10 ml", 12_00, 7, unit_cost=3_75),),
        season="gift",
    ),
    Good(
        "travel-set",
        "Travel Set",
        "Sets",
        "Cleanser, serum, cream and sunscreen in bottles that may fly in the cabin.",
        (
            Pack("TRAVEL-4", "4 minis", 35_00, 4, unit_cost=13_20),
            Pack("TRAVEL-4-EUR", "4 minis", 41_00, 4, "eur", 24, unit_cost=15_40),
        ),
        season="gift",
    ),
)
IN_SEASON = {
    "sun": dict.fromkeys((4, 5, 6, 7, 8), 2.5),
    "cold": dict.fromkeys((10, 11, 12, 1, 2), 1.6),
    "gift": {11: 2.5, 12: 4.0},
}
PACKS = {pack.sku: pack for good in RANGE for pack in good.packs}
SEASON = {pack.sku: good.season for good in RANGE for pack in good.packs}


def wanted(pack: Pack, month: int) -> float:
    """How often this pack is chosen in that month, next to the others."""
    return pack.wanted * IN_SEASON.get(SEASON[pack.sku], {}).get(month, 1.0)


def put_on_sale() -> dict[str, Variant]:
    """Write the whole range and return its variants by SKU. Nothing is in stock yet."""
    categories = {
        name: Category.objects.create(name=name, slug=name.lower().replace(" ", "-"))
        for name in dict.fromkeys(good.category for good in RANGE)
    }
    return {
        pack.sku: variant
        for good in RANGE
        for pack, variant in zip(good.packs, _variants(good, categories[good.category]), strict=True)
    }


def _variants(good: Good, category: Category) -> list[Variant]:
    product = Product.objects.create(
        category=category, name=good.name, slug=good.slug, description=good.description
    )
    return [
        Variant.objects.create(
            product=product,
            sku=pack.sku,
            name=pack.name,
            unit_amount=pack.unit_amount,
            currency=pack.currency,
            unit_cost=pack.unit_cost,
            preorder=pack.preorder,
        )
        for pack in good.packs
    ]
