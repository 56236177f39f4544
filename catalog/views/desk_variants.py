"""One variant, for staff: what it is, what is there of it, and what moved."""

from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import SignedInRequest, admin_required, staff_required
from catalog import changes, standing
from catalog.forms import AdjustForm, ReceiveForm, VariantForm
from catalog.history import pieces
from catalog.models import Product, StockMovement, StockReason, Variant
from catalog.stock import OutOfStock
from catalog.views.desk import audit_url, may_change, overtaken
from purelaka.paging import keyset

MOVEMENTS = 25  # a page of them
TAKEN = "It was taken a moment ago. Choose another."


class MovementRow(NamedTuple):
    """A stock movement, and its pieces with their sign."""

    movement: StockMovement
    pieces: str


@admin_required
@require_http_methods(["GET", "POST"])
def variant_add(request: SignedInRequest, product: int) -> HttpResponse:
    """A further variant of a product."""
    found = get_object_or_404(Product, pk=product)
    form = VariantForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            variant = changes.add_variant(
                found,
                form.values(),
                actor=request.user,
                opening_stock=form.cleaned_data["opening_stock"] or 0,
            )
        except changes.Taken:
            form.add_error("sku", TAKEN)
        else:
            messages.success(request, f"{variant.sku} is a variant of {found.name}.")
            return redirect("catalog:product-edit", product)
    context = {"product": found, "form": form}
    return render(request, "catalog/desk/variant_add.html", context, status=422 if form.is_bound else 200)


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def variant_edit(request: SignedInRequest, variant: int) -> HttpResponse:
    """A variant, its stock and what moved it. Who may not change it reads it."""
    found = _variant(variant)
    if request.method != "POST":
        return _page(request, found)
    if not may_change(request.user):
        raise Http404
    form = VariantForm(request.POST, variant=found)
    if not form.is_valid():
        return _page(request, found, form=form)
    try:
        changed = changes.change(found, form.values(), actor=request.user, seen=form.cleaned_data["seen"])
    except changes.Overtaken:
        return _page(request, found, form=overtaken(form, found))
    except changes.Taken:
        form.add_error("sku", TAKEN)
        return _page(request, found, form=form)
    except changes.StillStocked:
        form.add_error(
            "stock_tracked",
            f"{found.stock} are on the shelf. Adjust the stock to 0 first, with nothing promised to orders.",
        )
        return _page(request, found, form=form)
    except changes.SoldUncounted:
        form.add_error(
            "stock_tracked",
            "It was sold while its stock was not counted, so counting can't begin now. "
            "Archive it, and add a new variant whose stock is counted.",
        )
        return _page(request, found, form=form)
    messages.success(request, "Saved." if changed else "Nothing was different, so nothing was changed.")
    return redirect("catalog:variant-edit", variant)


@admin_required
@require_POST
def variant_archive(request: SignedInRequest, variant: int) -> HttpResponse:
    """Take one variant off the shop."""
    found = _variant(variant)
    changes.archive(found, actor=request.user)
    messages.success(request, f"{found.sku} is archived: it can't be bought any more.")
    return redirect("catalog:variant-edit", variant)


@admin_required
@require_POST
def variant_restore(request: SignedInRequest, variant: int) -> HttpResponse:
    """Put an archived variant back."""
    found = _variant(variant)
    changes.restore(found, actor=request.user)
    messages.success(request, f"{found.sku} can be bought again.")
    return redirect("catalog:variant-edit", variant)


@admin_required
@require_POST
def stock_receive(request: SignedInRequest, variant: int) -> HttpResponse:
    """Pieces came in. The same page sent twice receives them once."""
    found, form = _variant(variant), ReceiveForm(request.POST)
    _must_be_counted(form, found)
    if not form.is_valid():
        return _page(request, found, receive=form)
    said = form.cleaned_data
    changes.move_stock(
        found,
        said["quantity"],
        reason=StockReason.RECEIPT,
        actor=request.user,
        note=said["note"],
        form_key=said["key"],
    )
    messages.success(request, _now(found, f"{said['quantity']:,} received."))
    return redirect("catalog:variant-edit", variant)


@admin_required
@require_POST
def stock_adjust(request: SignedInRequest, variant: int) -> HttpResponse:
    """The shelf is not as the books say. The same page sent twice adjusts once."""
    found, form = _variant(variant), AdjustForm(request.POST)
    _must_be_counted(form, found)
    if not form.is_valid():
        return _page(request, found, adjust=form)
    try:
        _adjust(request, found, form)
    except OutOfStock:
        found.refresh_from_db()
        form.add_error("quantity", _too_much(found))
        return _page(request, found, adjust=form)
    messages.success(request, _now(found, "Adjusted."))
    return redirect("catalog:variant-edit", variant)


def _adjust(request: SignedInRequest, variant: Variant, form: AdjustForm) -> None:
    said: dict[str, Any] = form.cleaned_data
    told: dict[str, Any] = {"actor": request.user, "note": form.reason, "form_key": said["key"]}
    if said["how"] == "to":
        changes.set_stock(variant, said["quantity"], **told)
    else:
        changes.move_stock(variant, said["quantity"], reason=StockReason.ADJUSTMENT, **told)


def _must_be_counted(form: ReceiveForm | AdjustForm, variant: Variant) -> None:
    if not variant.stock_tracked:
        form.add_error(None, "Its stock is not counted. Tick “Stock is counted” and save that first.")


def _now(variant: Variant, text: str) -> str:
    variant.refresh_from_db()
    return f"{text} {variant.stock:,} of {variant.sku} are on the shelf now."


def _too_much(variant: Variant) -> str:
    promised = f", and {variant.reserved:,} of them are promised to unpaid orders" if variant.reserved else ""
    return f"Only {variant.stock:,} are there{promised}. At most {variant.available:,} can be taken off."


def _variant(pk: int) -> Variant:
    return get_object_or_404(Variant.objects.select_related("product__category"), pk=pk)


def _page(
    request: SignedInRequest,
    variant: Variant,
    *,
    form: VariantForm | None = None,
    receive: ReceiveForm | None = None,
    adjust: AdjustForm | None = None,
) -> HttpResponse:
    movements = StockMovement.objects.filter(variant=variant).select_related("actor", "order_item__order")
    page = keyset(movements, by=("-at", "-id"), at=request.GET.get("page", ""), size=MOVEMENTS)
    context = {
        "variant": variant,
        "product": variant.product,
        "standing": standing.of_variant(variant),
        "form": form or VariantForm(variant=variant),
        "receive": receive or ReceiveForm(),
        "adjust": adjust or AdjustForm(),
        "movements": [MovementRow(row, pieces(row.quantity)) for row in page.rows],
        "newer": f"?page={page.before}#movements" if page.before else "",
        "older": f"?page={page.after}#movements" if page.after else "",
        "number": movements.count(),
        "may_change": may_change(request.user),
        "audit_url": audit_url(request.user, variant),
    }
    status = 422 if form or receive or adjust else 200
    return render(request, "catalog/desk/variant.html", context, status=status)
