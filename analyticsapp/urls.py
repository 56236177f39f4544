from django.urls import path

from analyticsapp import views

app_name = "analyticsapp"

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("kpi/<slug:kpi>/", views.kpi_detail, name="kpi-detail"),
    path("kpi/<slug:kpi>/rows.csv", views.kpi_rows, name="kpi-rows"),
    path("export/orders.csv", views.export, {"key": "orders"}, name="export-orders"),
    path("export/kpi_summary.csv", views.export, {"key": "kpi_summary"}, name="export-kpi-summary"),
    path("export/customers.csv", views.export, {"key": "customers"}, name="export-customers"),
    path("export/products.csv", views.export, {"key": "products"}, name="export-products"),
    path("export/daily.csv", views.export, {"key": "daily"}, name="export-daily"),
]
