"""A person's own addresses. Those of others are not there: 404."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import addresses
from accounts.forms import AddressForm
from accounts.models import Address
from accounts.roles import SignedInRequest, signed_in_required


@signed_in_required
@require_safe
def address_list(request: SignedInRequest) -> HttpResponse:
    """All of them, the default first."""
    own = Address.objects.filter(user=request.user).order_by("-is_default", "-pk")
    context = {"addresses": own, "may_add": len(own) < addresses.MOST, "most": addresses.MOST}
    return render(request, "accounts/addresses.html", context)


@signed_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_address(request: SignedInRequest) -> HttpResponse:
    """A form for one more."""
    return _form(request, AddressForm(request.POST or None, user=request.user), "The address is kept.")


@signed_in_required
@require_http_methods(["GET", "HEAD", "POST"])
def edit_address(request: SignedInRequest, pk: int) -> HttpResponse:
    """Orders placed before keep the address they went to."""
    address = _own(request, pk)
    form = AddressForm(request.POST or None, instance=address, user=request.user)
    return _form(request, form, "The address is changed.")


@signed_in_required
@require_POST
def delete_address(request: SignedInRequest, pk: int) -> HttpResponse:
    addresses.delete(_own(request, pk))
    messages.success(request, "The address is deleted.")
    return redirect("accounts:addresses")


@signed_in_required
@require_POST
def choose_address(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make it the default."""
    addresses.choose(_own(request, pk))
    messages.success(request, "The checkout starts with this address from now on.")
    return redirect("accounts:addresses")


def _own(request: SignedInRequest, pk: int) -> Address:
    return get_object_or_404(Address, pk=pk, user=request.user)


def _form(request: SignedInRequest, form: AddressForm, done: str) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            form.save()
        except addresses.TooMany as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, done)
            return redirect("accounts:addresses")
    return render(request, "accounts/address_form.html", {"form": form}, status=422 if form.errors else 200)
