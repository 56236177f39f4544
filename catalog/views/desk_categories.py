"""Categories, for staff."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.roles import SignedInRequest, admin_required, staff_required
from catalog import changes
from catalog.forms import CategoryForm
from catalog.models import Category
from catalog.views.desk import may_change, overtaken


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def category_list(request: SignedInRequest) -> HttpResponse:
    """All categories by name, and a form for a new one."""
    if request.method != "POST":
        return _list(request, CategoryForm())
    if not may_change(request.user):
        raise Http404
    form = CategoryForm(request.POST)
    if not form.is_valid():
        return _list(request, form)
    try:
        made = changes.add_category(
            form.cleaned_data["name"], slug=form.cleaned_data["slug"], actor=request.user
        )
    except changes.Taken:
        form.add_error("slug", "Another category has this address. Choose another.")
        return _list(request, form)
    messages.success(request, f"{made.name} is a category now.")
    return redirect("catalog:category-list")


@admin_required
@require_http_methods(["GET", "POST"])
def category_edit(request: SignedInRequest, category: int) -> HttpResponse:
    """Rename a category. Its address stays unless it is changed, too."""
    found = get_object_or_404(Category, pk=category)
    if request.method != "POST":
        return _page(request, found, CategoryForm(category=found))
    form = CategoryForm(request.POST, category=found)
    if not form.is_valid():
        return _page(request, found, form)
    values = {name: form.cleaned_data[name] for name in changes.CATEGORY_FIELDS}
    try:
        changes.change(found, values, actor=request.user, seen=form.cleaned_data["seen"])
    except changes.Overtaken:
        return _page(request, found, overtaken(form, found))
    except changes.Taken:
        form.add_error("slug", "Another category has this address. Choose another.")
        return _page(request, found, form)
    messages.success(request, f"{values['name']} is saved.")
    return redirect("catalog:category-list")


@admin_required
@require_POST
def category_delete(request: SignedInRequest, category: int) -> HttpResponse:
    """Delete a category without products."""
    found = Category.objects.filter(pk=category).first()
    if found is None:
        messages.success(request, "It is deleted.")
    elif changes.delete_category(found, actor=request.user):
        messages.success(request, f"{found.name} is deleted.")
    else:
        messages.error(request, f"{found.name} has products. Move them to another category first.")
    return redirect("catalog:category-list")


def _list(request: SignedInRequest, form: CategoryForm) -> HttpResponse:
    live = Count("products", filter=Q(products__is_active=True))
    rows = Category.objects.annotate(number=Count("products"), live=live).order_by("name", "pk")
    context = {"categories": rows, "form": form, "may_change": may_change(request.user)}
    return render(request, "catalog/desk/category_list.html", context, status=422 if form.is_bound else 200)


def _page(request: SignedInRequest, category: Category, form: CategoryForm) -> HttpResponse:
    context = {"category": category, "form": form, "is_empty": not category.products.exists()}
    return render(request, "catalog/desk/category.html", context, status=422 if form.is_bound else 200)
