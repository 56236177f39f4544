"""The catalogue, for staff: the list of products, and one product. Only admins change anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Role, User
from accounts.roles import SignedInRequest, admin_required, staff_required
from audit.models import AuditLog
from catalog import changes, history, standing
from catalog.filters import CatalogueFilter
from catalog.forms import ProductForm, VariantForm, new_key
from catalog.models import Category, Product, Variant
from catalog.standing import Standing
from purelaka.listing import listing
from purelaka.money import display


@dataclass(frozen=True)
class Row:
    """A product in the list: what all its variants together cost and have."""

    product: Product
    standing: Standing
    prices: list[str]
    variants: Sequence[Variant]

    @property
    def is_tracked(self) -> bool:
        return any(variant.stock_tracked for variant in self.variants)

    @property
    def stock(self) -> int:
        return sum(variant.stock for variant in self.variants)

    @property
    def reserved(self) -> int:
        return sum(variant.reserved for variant in self.variants)

    @property
    def available(self) -> int:
        return self.stock - self.reserved


class VariantRow(NamedTuple):
    """A variant in its product's table."""

    variant: Variant
    standing: Standing


@staff_required
@require_safe
def product_list(request: SignedInRequest) -> HttpResponse:
    """Products by name, with what is there of each."""
    form = CatalogueFilter(request.GET)
    found = listing(form, form.products(), by=form.by)
    context = {
        "listing": found,
        "rows": [_row(product) for product in found.rows],
        "noun": "product",
        "nouns": "products",
        "may_change": may_change(request.user),
    }
    if not form.value("sort"):
        context |= {"newer_label": "Back", "older_label": "Next"}
    return render(request, "catalog/desk/product_list.html", context)


@admin_required
@require_http_methods(["GET", "POST"])
def product_add(request: SignedInRequest) -> HttpResponse:
    """A new product with its first variant."""
    if request.method != "POST":
        return _add_page(request, ProductForm(), VariantForm(prefix="v"))
    form, variant = ProductForm(request.POST, request.FILES), VariantForm(request.POST, prefix="v")
    key = request.POST.get("key", "")[:64]
    if known := _added_before(key, request.user):
        return redirect("catalog:product-edit", known.pk)
    if not (form.is_valid() & variant.is_valid()):
        return _add_page(request, form, variant)
    try:
        product = _add(request.user, form, variant, key)
    except changes.Taken as taken:
        if known := _added_before(key, request.user):  # by the other of two clicks
            return redirect("catalog:product-edit", known.pk)
        (variant if taken.field == "sku" else form).add_error(
            taken.field, "It was taken a moment ago. Choose another."
        )
        return _add_page(request, form, variant)
    messages.success(request, f"{product.name} is in the catalogue.")
    return redirect("catalog:product-edit", product.pk)


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def product_edit(request: SignedInRequest, product: int) -> HttpResponse:
    """One product with its variants. Who may not change it reads it."""
    found = get_object_or_404(Product.objects.select_related("category"), pk=product)
    if request.method != "POST":
        return _page(request, found, ProductForm(product=found))
    if not may_change(request.user):
        raise Http404
    form = ProductForm(request.POST, request.FILES, product=found)
    if not form.is_valid():
        return _page(request, found, form)
    try:
        changed = _save(request.user, found, form)
    except changes.Overtaken:
        return _page(request, found, overtaken(form, found))
    except changes.Taken as taken:
        form.add_error(taken.field, "It was taken a moment ago. Choose another.")
        return _page(request, found, form)
    messages.success(request, "Saved." if changed else "Nothing was different, so nothing was changed.")
    return redirect("catalog:product-edit", product)


@admin_required
@require_POST
def product_archive(request: SignedInRequest, product: int) -> HttpResponse:
    """Take a product off the shop, with all its variants."""
    found = get_object_or_404(Product, pk=product)
    changes.archive(found, actor=request.user)
    messages.success(request, f"{found.name} is archived: customers do not see it any more.")
    return redirect("catalog:product-edit", product)


@admin_required
@require_POST
def product_restore(request: SignedInRequest, product: int) -> HttpResponse:
    """Put an archived product back."""
    found = get_object_or_404(Product, pk=product)
    changes.restore(found, actor=request.user)
    messages.success(request, f"{found.name} is in the shop again.")
    return redirect("catalog:product-edit", product)


def may_change(user: User) -> bool:
    """Whether this person keeps the catalogue."""
    return user.role == Role.ADMIN


def audit_url(user: User, item: Product | Variant) -> str:
    """All that the log says of the item; empty for those who may not see the log."""
    if user.role not in (Role.OPS, Role.ADMIN):
        return ""
    return f"{reverse('audit:log')}?{urlencode({'on': f'{item._meta.model_name}.{item.pk}'})}"


def overtaken(form: Any, item: Category | Product | Variant) -> Any:
    """The form, saying that somebody else was first, and ready to be saved on top of that on purpose."""
    item.refresh_from_db()
    last = AuditLog.objects.filter(target_type=item._meta.model_name, target_id=str(item.pk))
    row = last.select_related("actor").order_by("-id").first()
    who = row.actor.get_short_name() if row and row.actor else "Somebody"
    fresh = type(form)(**{str(item._meta.model_name): item})
    differing = [name for name in fresh.fields if _differs(form, fresh, name)]
    labels = ", ".join(str(form.fields[name].label or name).lower() for name in differing)
    form.add_error(
        None,
        f"{who} changed this after you opened it, so nothing was saved. "
        f"What you typed is still here{f' and differs in: {labels}' if labels else ''}. "
        "What is saved now stands beside each field. Save again to replace it.",
    )
    for name in differing:
        form.add_error(name, f"Now saved: {_spoken(fresh, name)}")
    form.data = form.data.copy()
    form.data["seen"] = changes.stamp(item)
    return form


def _differs(form: Any, fresh: Any, name: str) -> bool:
    if name in ("seen", "picture", "remove_picture", "new_category"):
        return False
    return bool(form[name].field.has_changed(fresh.initial.get(name), form.data.get(name)))


def _spoken(fresh: Any, name: str) -> str:
    value = fresh.initial.get(name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if name == "category":
        return str(Category.objects.get(pk=value))
    return str(value) or "nothing"


# --- one product ----------------------------------------------------------------------------------


def _row(product: Product) -> Row:
    variants = list(product.variants.all())
    shown = [variant for variant in variants if variant.is_active] or variants
    return Row(product, standing.of_product(product, variants), _prices(shown), variants)


def _prices(variants: Sequence[Variant]) -> list[str]:
    """`£14.00 – £24.00`, `€16.50`: from the lowest to the highest in each currency."""
    by_currency: dict[str, list[int]] = {}
    for variant in variants:
        by_currency.setdefault(variant.currency, []).append(variant.unit_amount)
    return [
        " – ".join(display(amount, currency) for amount in sorted({min(amounts), max(amounts)}))
        for currency, amounts in by_currency.items()
    ]


def _add(actor: User, form: ProductForm, variant: VariantForm, key: str) -> Product:
    with transaction.atomic():
        values = {**form.values(), "category": _category(actor, form)}
        return changes.add_product(
            values,
            variant.values(),
            actor=actor,
            opening_stock=variant.cleaned_data["opening_stock"] or 0,
            form_key=key,
        )


def _save(actor: User, product: Product, form: ProductForm) -> bool:
    with transaction.atomic():
        values = {**form.values(), "category": _category(actor, form)}
        return changes.change(product, values, actor=actor, seen=form.cleaned_data["seen"])


def _category(actor: User, form: ProductForm) -> Category:
    """The one that was chosen; a new one if its name was written, unless there is one of that name."""
    name = form.cleaned_data["new_category"]
    if not name:
        chosen: Category = form.cleaned_data["category"]
        return chosen
    known = Category.objects.filter(name__iexact=name).order_by("pk").first()
    return known or changes.add_category(name, actor=actor)


def _added_before(key: str, actor: User) -> Product | None:
    """The product that this very page made, when it was sent before."""
    rows = AuditLog.objects.filter(event_type="product.added", actor=actor, data__form_key=key)
    row = rows.order_by("-id").first() if key else None
    return Product.objects.filter(pk=row.target_id).first() if row else None


def _add_page(request: HttpRequest, form: ProductForm, variant: VariantForm) -> HttpResponse:
    form.ask_for_picture_again()
    key = request.POST.get("key", "") or new_key()
    context = {"form": form, "variant": variant, "key": key}
    return render(request, "catalog/desk/product_add.html", context, status=422 if form.is_bound else 200)


def _page(request: SignedInRequest, product: Product, form: ProductForm) -> HttpResponse:
    form.ask_for_picture_again()
    variants = list(product.variants.order_by("pk"))
    context = {
        "product": product,
        "form": form,
        "standing": standing.of_product(product, variants),
        "variants": [VariantRow(variant, standing.of_variant(variant)) for variant in variants],
        "deeds": history.of_product(product, variants),
        "may_change": may_change(request.user),
        "audit_url": audit_url(request.user, product),
    }
    return render(request, "catalog/desk/product.html", context, status=422 if form.is_bound else 200)
