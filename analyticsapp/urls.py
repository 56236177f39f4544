from django.urls import path

from analyticsapp import views, wish_pages

app_name = "analyticsapp"

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("kpi/<slug:kpi>/", views.kpi_detail, name="kpi-detail"),
    path("kpi/<slug:kpi>/rows.csv", views.kpi_rows, name="kpi-rows"),
    path("wishes/", wish_pages.wishes, name="wishes"),
    path("wishes/rows.csv", wish_pages.wish_rows, name="wish-rows"),
    path("wishes/lost-demand/", wish_pages.lost_demand_list, name="lost-demand"),
    path("export/orders.csv", views.export, {"key": "orders"}, name="export-orders"),
    path("export/kpi_summary.csv", views.export, {"key": "kpi_summary"}, name="export-kpi-summary"),
    path("export/customers.csv", views.export, {"key": "customers"}, name="export-customers"),
    path("export/products.csv", views.export, {"key": "products"}, name="export-products"),
    path("export/daily.csv", views.export, {"key": "daily"}, name="export-daily"),
]
