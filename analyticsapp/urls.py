from django.urls import path

from analyticsapp import (
    month_pages,
    order_rows,
    report_cells,
    report_pages,
    saved_pages,
    views,
    wish_cells,
    wish_pages,
)
from analyticsapp.exports import EXPORTS
from analyticsapp.packing import XLSX, ZIP
from analyticsapp.report_tabs import REPORTS

app_name = "analyticsapp"

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path("kpi/<slug:kpi>/", views.kpi_detail, name="kpi-detail"),
    path("kpi/<slug:kpi>/rows.csv", views.kpi_rows, name="kpi-rows"),
    path("wishes/", wish_pages.wishes, name="wishes"),
    path("wishes/rows.csv", wish_pages.wish_rows, name="wish-rows"),
    path("wishes/lost-demand/", wish_pages.lost_demand_list, name="lost-demand"),
    path("wishes/<slug:figure>/", wish_cells.wish_figure, name="wish-figure"),
    path("wishes/<slug:figure>/rows.csv", wish_cells.wish_figure_rows, name="wish-figure-rows"),
    *(
        path(f"export/{key}.csv", views.export, {"key": key}, name=f"export-{key.replace('_', '-')}")
        for key in EXPORTS
    ),
    path("export/<slug:key>.xlsx", views.export, {"form": XLSX}, name="export-xlsx"),
    path("export/<slug:key>.zip", views.export, {"form": ZIP}, name="export-zip"),
    path("months/", month_pages.months, name="months"),
    path("months/<str:month>/", month_pages.month, name="month"),
    path("months/<str:month>/close/", month_pages.close_month, name="close-month"),
    path("saved/", saved_pages.saved_export_list, name="saved-exports"),
    path("saved/<int:pk>/delete/", saved_pages.delete_saved_export, name="delete-saved-export"),
    path("saved/<slug:key>/<slug:form>/", saved_pages.saved_file, name="saved-file"),
    path("orders/rows.csv", order_rows.order_rows, name="order-rows"),
    *(path(f"reports/{key}/", report_pages.report, {"report": key}, name=f"report-{key}") for key in REPORTS),
    path("reports/<slug:report>/<slug:table>.csv", report_pages.report_table, name="report-table"),
    path("reports/<slug:report>/<slug:table>/cell/", report_cells.report_cell, name="report-cell"),
    path(
        "reports/<slug:report>/<slug:table>/cell/rows.csv",
        report_cells.report_cell_rows,
        name="report-cell-rows",
    ),
    path("columns/", views.column_dictionary, name="columns"),
]
