"""Addresses of the catalogue: the shop's pages, their pictures, and the staff's pages that keep it."""

from django.urls import path

from catalog.views import desk, desk_categories, desk_files, desk_variants, pictures, search_engines, shop

app_name = "catalog"

urlpatterns = [
    path("shop/", shop.shop, name="shop"),
    path("shop/currency/choose/", shop.choose_currency, name="choose-currency"),
    path("shop/products/<slug:slug>/", shop.product, name="product"),
    path("shop/<slug:category>/", shop.shop, name="shop-category"),
    path("robots.txt", search_engines.robots, name="robots"),
    path("sitemap.xml", search_engines.sitemap, name="sitemap"),
    path("media/products/<str:name>", pictures.picture, name="picture"),
    path("catalogue/", desk.product_list, name="product-list"),
    path("catalogue/add/", desk.product_add, name="product-add"),
    path("catalogue/export/", desk_files.catalogue_export, name="catalogue-export"),
    path("catalogue/import/", desk_files.catalogue_import, name="catalogue-import"),
    path("catalogue/products/<int:product>/", desk.product_edit, name="product-edit"),
    path("catalogue/products/<int:product>/archive/", desk.product_archive, name="product-archive"),
    path("catalogue/products/<int:product>/restore/", desk.product_restore, name="product-restore"),
    path("catalogue/products/<int:product>/add/", desk_variants.variant_add, name="variant-add"),
    path("catalogue/variants/<int:variant>/", desk_variants.variant_edit, name="variant-edit"),
    path("catalogue/variants/<int:variant>/archive/", desk_variants.variant_archive, name="variant-archive"),
    path("catalogue/variants/<int:variant>/restore/", desk_variants.variant_restore, name="variant-restore"),
    path("catalogue/variants/<int:variant>/receive/", desk_variants.stock_receive, name="stock-receive"),
    path("catalogue/variants/<int:variant>/adjust/", desk_variants.stock_adjust, name="stock-adjust"),
    path("catalogue/categories/", desk_categories.category_list, name="category-list"),
    path("catalogue/categories/<int:category>/", desk_categories.category_edit, name="category-edit"),
    path(
        "catalogue/categories/<int:category>/delete/", desk_categories.category_delete, name="category-delete"
    ),
]
