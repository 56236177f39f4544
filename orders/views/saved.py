"""Keeping, changing and deleting views of the list of orders. Those of others are not there: 404."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import SignedInRequest, staff_required
from orders import saved_views
from orders.filters import OrderFilter
from orders.models import SavedView
from orders.saved_views import SaveViewForm, address

GET_OR_POST = require_http_methods(["GET", "HEAD", "POST"])


@staff_required
@GET_OR_POST
def add_view(request: SignedInRequest) -> HttpResponse:
    """Give the filter in the address a name."""
    query = saved_views.readable(request.META["QUERY_STRING"])
    form = SaveViewForm(_typed(request), user=request.user)
    if request.method == "POST" and form.is_valid():
        view = saved_views.save(form, query=query)
        messages.success(request, f"“{view.name}” is kept: it is a tab above the list.")
        return redirect(address(view))
    return _page(request, form, query)


@staff_required
@GET_OR_POST
def edit_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Rename it, share it."""
    view = _editable(request, pk)
    form = SaveViewForm(_typed(request), instance=view, user=request.user)
    if request.method == "POST" and form.is_valid():
        saved_views.save(form)
        messages.success(request, f"“{view.name}” is changed.")
        return redirect(address(view))
    return _page(request, form, view.query)


@staff_required
@require_POST
def refilter_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """Let it show what the list shows now."""
    view = _editable(request, pk)
    saved_views.refilter(view, query=request.POST.get("query", ""), actor=request.user)
    messages.success(request, f"“{view.name}” shows this filter from now on.")
    return redirect(address(view))


@staff_required
@require_POST
def delete_view(request: SignedInRequest, pk: int) -> HttpResponse:
    """A second click finds it gone, and that is what was wanted."""
    if not SavedView.objects.filter(pk=pk).exists():
        messages.info(request, "That view was deleted already.")
        return redirect("orders:order-list")
    view = _editable(request, pk)
    saved_views.remove(view, actor=request.user)
    messages.success(request, f"“{view.name}” is deleted. No order was changed.")
    return redirect("orders:order-list")


def _editable(request: SignedInRequest, pk: int) -> SavedView:
    return get_object_or_404(saved_views.editable(request.user), pk=pk)


def _page(request: SignedInRequest, form: SaveViewForm, query: str) -> HttpResponse:
    """The form with what the view filters. A bad name stays in the form only."""
    view = SavedView.objects.filter(pk=form.instance.pk).first() if form.instance.pk else None
    context = {
        "form": form,
        "view": view,
        "shows": OrderFilter(QueryDict(query)).spoken,
        "back": address(view) if view else f"{reverse('orders:order-list')}?{query}",
    }
    return render(request, "orders/saved_view.html", context, status=422 if form.errors else 200)


def _typed(request: SignedInRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None
