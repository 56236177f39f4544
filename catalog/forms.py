"""What staff fill in to keep the catalogue."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator

from catalog import uploads
from catalog.changes import free_slug, stamp
from catalog.models import Category, Product, Variant
from purelaka import money

MOST_AMOUNT = 99_999_999  # Stripe takes eight digits (docs.stripe.com/currencies#minimum-and-maximum)
MOST_PIECES = 1_000_000
ONE_LINE = RegexValidator(r"^[^\x00-\x1f\x7f]*$", "Write it in one line.")
WHY = [
    ("Stocktake", "Stocktake"),
    ("Damaged", "Damaged"),
    ("Lost", "Lost or stolen"),
    ("Sample", "Sample or gift"),
    ("Supplier", "Back to the supplier"),
    ("Correction", "Correction of a mistake"),
    ("Other", "Something else: say it in the note"),
]


def line(length: int, label: str, **more: Any) -> forms.CharField:
    """A text of one line."""
    return forms.CharField(max_length=length, label=label, validators=[ONE_LINE], **more)


def new_key() -> str:
    """Names one showing of a form: sent twice, it does its work once."""
    return str(uuid.uuid4())


class StampedForm(forms.Form):
    """A form of something that is there. `seen` says what it was like when the page was shown."""

    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class CategoryForm(StampedForm):
    name = line(80, "Name")
    slug = forms.SlugField(
        max_length=80, label="Address", required=False, help_text="Its page in the shop: /shop/address/"
    )

    def __init__(self, data: Any = None, *, category: Category | None = None) -> None:
        self.category = category
        initial = {"name": category.name, "slug": category.slug, "seen": stamp(category)} if category else {}
        super().__init__(data, initial=initial, auto_id="category-%s")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        same = Category.objects.filter(name__iexact=name)
        if self.category:
            same = same.exclude(pk=self.category.pk)
        if same.exists():
            raise forms.ValidationError("There is a category of this name. Choose another.")
        return name

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"] or (self.category.slug if self.category else "")
        return slug


class ProductForm(StampedForm):
    """A product's own page. A new category is made by writing its name."""

    name = line(200, "Name")
    description = forms.CharField(
        required=False, max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}), label="Description"
    )
    category = forms.ModelChoiceField(
        Category.objects.order_by("name"), required=False, empty_label="Choose a category"
    )
    new_category = line(80, "New category", required=False)
    slug = forms.SlugField(
        max_length=200,
        required=False,
        label="Address",
        help_text="Of its page in the shop: small letters and hyphens. Left empty, it is made of the name.",
    )
    picture = forms.FileField(
        required=False,
        label="Picture",
        help_text="JPEG, PNG or WebP, at most 5 MB. Square ones look best.",
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/webp"}),
    )
    remove_picture = forms.BooleanField(required=False, label="Take the picture away")

    field_order = ("seen", "name", "description", "category", "new_category", "slug")

    def __init__(self, data: Any = None, files: Any = None, *, product: Product | None = None) -> None:
        self.product = product
        super().__init__(data, files, initial=self._start(product), auto_id="product-%s")
        if product:
            self.fields["slug"].help_text = "Of its page in the shop. Once it is changed, old links end."
        if not (product and product.image):
            del self.fields["remove_picture"]

    @staticmethod
    def _start(product: Product | None) -> dict[str, Any]:
        if product is None:
            return {}
        own = {name: getattr(product, name) for name in ("name", "description", "slug")}
        return {**own, "category": product.category_id, "seen": stamp(product)}

    def clean_description(self) -> str:
        text: str = self.cleaned_data["description"]
        return text.replace("\r\n", "\n")

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if not slug:
            return self.product.slug if self.product else ""
        others = Product.objects.filter(slug=slug)
        if self.product:
            others = others.exclude(pk=self.product.pk)
        if others.exists():
            raise forms.ValidationError("Another product has this address. Choose another.")
        return slug

    def clean_picture(self) -> Any:
        upload: UploadedFile[bytes] | None = self.cleaned_data["picture"]
        if upload is None:
            return None
        try:
            return uploads.kept(upload)
        except uploads.BadPicture as why:
            raise forms.ValidationError(str(why)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("category") and not cleaned.get("new_category") and "category" not in self.errors:
            self.add_error("category", "Choose a category, or write a new one.")
        return cleaned

    def ask_for_picture_again(self) -> None:
        """For a form that comes back: the browser has forgotten which file it was."""
        if "picture" in self.files and "picture" not in self.errors:
            self.add_error("picture", "Choose the picture again: it was not kept.")

    def values(self) -> dict[str, Any]:
        """For `changes`: all but the category, which may have to be made."""
        said = self.cleaned_data
        values = {"name": said["name"], "description": said["description"]}
        values["slug"] = said["slug"] or free_slug(Product, said["name"])
        if said["picture"]:
            values["image"] = said["picture"]
        elif said.get("remove_picture"):
            values["image"] = ""
        return values


class VariantForm(StampedForm):
    """A variant. The price is typed in major units, `14.50`, and kept in minor ones, exactly."""

    sku = line(64, "SKU", help_text="Your own code for it, as on the shelf. No two are alike.")
    name = line(120, "Variant", required=False, help_text="What sets it apart: 50 ml, Large, Pack of 3.")
    price = forms.CharField(
        max_length=20, label="Price", widget=forms.TextInput(attrs={"inputmode": "decimal"})
    )
    currency = forms.ChoiceField(label="Currency")
    cost = forms.CharField(
        max_length=20,
        required=False,
        label="Cost",
        help_text="What you pay for one, without tax, in the same currency. Left empty: not known, and no "
        "margin is shown.",
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    stock_tracked = forms.BooleanField(
        required=False,
        label="Stock is counted",
        help_text="Off for what never runs out, such as a download.",
        initial=True,
    )
    preorder = forms.BooleanField(
        required=False, label="Preorder", help_text="May be sold before it is there."
    )
    opening_stock = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=MOST_PIECES,
        label="Pieces on the shelf",
        help_text="What is there already.",
    )

    def __init__(self, data: Any = None, *, variant: Variant | None = None, prefix: str = "") -> None:
        self.variant = variant
        super().__init__(data, initial=self._start(variant), auto_id="variant-%s", prefix=prefix or None)
        currency = self.fields["currency"]
        assert isinstance(currency, forms.ChoiceField)
        currency.choices = currency_choices()
        if variant:
            del self.fields["opening_stock"]

    @staticmethod
    def _start(variant: Variant | None) -> dict[str, Any]:
        if variant is None:
            return {"currency": settings.DEFAULT_CURRENCY, "stock_tracked": True}
        names = ("sku", "name", "currency", "stock_tracked", "preorder")
        own = {name: getattr(variant, name) for name in names}
        price = money.to_major(variant.unit_amount, variant.currency)
        cost = "" if variant.unit_cost is None else money.to_major(variant.unit_cost, variant.currency)
        return {**own, "price": price, "cost": cost, "seen": stamp(variant)}

    def clean_sku(self) -> str:
        sku: str = self.cleaned_data["sku"]
        other = Variant.objects.filter(sku=sku).select_related("product").first()
        if other and other != self.variant:
            raise forms.ValidationError(f"{other.product.name} has this SKU. Choose another.")
        return sku

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        price, currency = cleaned.get("price"), cleaned.get("currency")
        if price and currency:
            try:
                cleaned["unit_amount"] = price_of(price, currency)
            except money.BadAmount as why:
                self.add_error("price", str(why))
        cleaned["unit_cost"] = self._unit_cost(cleaned.get("cost"), currency)
        if cleaned.get("opening_stock") and not cleaned.get("stock_tracked"):
            self.add_error("opening_stock", "Leave it empty, or let the stock be counted.")
        return cleaned

    def _unit_cost(self, cost: str | None, currency: str | None) -> int | None:
        if not (cost and currency):
            return None
        try:
            return cost_of(cost, currency)
        except money.BadAmount as why:
            self.add_error("cost", str(why))
            return None

    def values(self) -> dict[str, Any]:
        """For `changes`."""
        names = ("sku", "name", "unit_amount", "currency", "unit_cost", "stock_tracked", "preorder")
        return {name: self.cleaned_data[name] for name in names}


class ReceiveForm(forms.Form):
    """Pieces that came in."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    quantity = forms.IntegerField(min_value=1, max_value=MOST_PIECES, label="Pieces")
    note = line(
        200, "Note", required=False, help_text="Such as the supplier or the number of the delivery note."
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": new_key()}, auto_id="receive-%s")


class AdjustForm(forms.Form):
    """A correction: by so many pieces, or to what was counted."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    how = forms.ChoiceField(
        choices=[("by", "Change by, such as -2 or 5"), ("to", "Counted on the shelf")], label="How"
    )
    quantity = forms.IntegerField(min_value=-MOST_PIECES, max_value=MOST_PIECES, label="Pieces")
    why = forms.ChoiceField(choices=WHY, label="Reason")
    note = line(150, "Note", required=False)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"key": new_key()}, auto_id="adjust-%s")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        how, quantity = cleaned.get("how"), cleaned.get("quantity")
        if how == "by" and quantity == 0:
            self.add_error("quantity", "Write how many more or fewer there are: 0 changes nothing.")
        if how == "to" and quantity is not None and quantity < 0:
            self.add_error("quantity", "Less than none can't be counted.")
        if cleaned.get("why") == "Other" and not cleaned.get("note"):
            self.add_error("note", "Say what happened.")
        return cleaned

    @property
    def reason(self) -> str:
        """`Damaged: fell off the shelf`."""
        return ": ".join(filter(None, [self.cleaned_data["why"], self.cleaned_data["note"]]))


def price_of(text: str, currency: str) -> int:
    """Minor units of a price as typed. Raises BadAmount."""
    amount = money.typed(text, currency)
    if amount <= 0:
        raise money.BadAmount("Write a price above zero.")
    if amount > MOST_AMOUNT:
        raise money.BadAmount(f"Stripe takes at most {money.display(MOST_AMOUNT, currency)}.")
    return amount


def cost_of(text: str, currency: str) -> int:
    """Minor units of a cost as typed: nothing is a cost too. Raises BadAmount."""
    amount = money.typed(text, currency)
    if amount < 0:
        raise money.BadAmount("Write a cost of 0 or more, or leave it empty when it is not known.")
    if amount > MOST_AMOUNT:
        raise money.BadAmount(f"Write at most {money.display(MOST_AMOUNT, currency)}.")
    return amount


def currency_choices() -> list[Any]:
    """Those in use first, then all others."""
    used = set(Variant.objects.values_list("currency", flat=True).distinct()) | {settings.DEFAULT_CURRENCY}
    first = sorted(used, key=lambda code: (code != settings.DEFAULT_CURRENCY, code))
    rest = sorted(money.CURRENCIES - used)
    return [
        ("In use", [(code, code.upper()) for code in first]),
        ("Others", [(code, code.upper()) for code in rest]),
    ]
