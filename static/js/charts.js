// Draws each figure.plot from its own table: <td data-value> holds the exact number, in minor units for money.
// Without this script the table is what one sees.

// ECharts sets text styles with setAttribute("style"), which a strict CSP refuses; through the CSSOM it is allowed.
const setAttribute = Element.prototype.setAttribute;
SVGElement.prototype.setAttribute = function (name, value) {
  if (name === "style") this.style.cssText = value;
  else setAttribute.call(this, name, value);
};

const probe = document.body.appendChild(document.createElement("i"));
probe.hidden = true;
const color = (name) => {
  probe.style.color = `var(--pl-${name})`;
  return getComputedStyle(probe).color;
};
const count = (n) => n.toLocaleString("en-GB");
const widthOf = (texts, size = 12) => 0.58 * size * Math.max(0, ...texts.map((text) => text.length)); // of figures
const narrow = () => innerWidth < 700;

// Minor units as text, in the table's own currency: exact for tooltips, without empty digits on an axis.
const moneyFormats = ({ currency, digits }) => {
  if (!currency) return { exact: count, axis: count, unit: 1 };
  const unit = 10 ** Number(digits);
  const format = (least) =>
    new Intl.NumberFormat("en-GB", {
      style: "currency",
      currency,
      currencyDisplay: "gbp eur usd jpy".includes(currency) ? "narrowSymbol" : "code", // as the server
      minimumFractionDigits: least,
      maximumFractionDigits: Number(digits),
    });
  const [exact, round] = [format(Number(digits)), format(0)];
  const minus = (text) => text.replace("-", "−");
  return {
    exact: (minor) => minus(exact.format(minor / unit)),
    axis: (minor) => minus(round.format(minor / unit)),
    unit,
  };
};

const read = (table) => ({
  columns: [...table.tHead.rows[0].cells].map((c) => c.textContent.trim()),
  rows: [...table.tBodies[0].rows].map((r) =>
    [...r.cells].map((c) => (c.dataset.value === undefined ? c.textContent.trim() : Number(c.dataset.value))),
  ),
  now: table.dataset.now,
  money: moneyFormats(table.dataset),
});
const column = (data, i) => data.rows.map((r) => r[i]);

const tip = (title, lines) => {
  const box = document.createElement("div");
  box.className = "chart-tip";
  box.append(Object.assign(document.createElement("strong"), { textContent: title }));
  const table = box.appendChild(document.createElement("table"));
  for (const [label, value] of lines) {
    const row = table.insertRow();
    row.append(Object.assign(document.createElement("th"), { textContent: label }));
    row.insertCell().textContent = value;
  }
  return box;
};

const text = (tone) => ({
  color: color(tone),
  fontSize: 12,
  fontFamily: getComputedStyle(document.body).fontFamily,
});
const base = (extra = {}) => ({
  animation: false,
  textStyle: text("text"),
  grid: { left: 4, right: 18, top: 12, bottom: 4, containLabel: true },
  tooltip: {
    trigger: "axis",
    confine: true,
    backgroundColor: color("surface"),
    borderColor: color("border"),
    padding: [8, 12],
    axisPointer: { type: "shadow", shadowStyle: { color: "rgba(128,140,150,.1)" } },
    ...extra.tooltip,
  },
});
const categoryAxis = (data, extra = {}) => ({
  type: "category",
  data,
  axisTick: { show: false },
  axisLine: { lineStyle: { color: color("chart-grid") } },
  axisLabel: { ...text("muted"), hideOverlap: true, ...extra.axisLabel },
  ...extra.axis,
});
// A window without money still gets an axis: from nothing to one unit.
const moneyAxis = ({ money }, extra = {}) => ({
  type: "value",
  splitNumber: 4,
  minInterval: money.unit,
  max: ({ min, max }) => (min === 0 && max === 0 ? money.unit : null),
  splitLine: { lineStyle: { color: color("chart-grid") } },
  axisLabel: { ...text("muted"), formatter: money.axis },
  ...extra,
});
const lines =
  (data, format = data.money.exact) =>
  (points) =>
    tip(
      points[0].name,
      data.columns.slice(1).map((name, i) => [name, format(data.rows[points[0].dataIndex][i + 1])]),
    );

// Labels to skip on a day axis: about ten stay, five on a narrow screen.
const every = (data) => Math.ceil(data.rows.length / (narrow() ? 5 : 10)) - 1;

const draw = {
  // Day, Gross, Refunds, Disputes, Net: gross up, what goes back below zero, net as a tick across the bar.
  revenue(data) {
    const bar = (i, tone, radius) => ({
      name: data.columns[i],
      type: "bar",
      stack: "money",
      barMaxWidth: 18,
      data: column(data, i),
      itemStyle: { color: color(tone), borderRadius: radius },
    });
    return {
      ...base({ tooltip: { formatter: lines(data) } }),
      xAxis: categoryAxis(column(data, 0), {
        axisLabel: { interval: every(data) },
        axis: { axisLine: { onZero: true, lineStyle: { color: color("border-control") } } },
      }),
      yAxis: moneyAxis(data),
      series: [
        bar(1, "chart-1", [2, 2, 0, 0]),
        bar(2, "chart-loss"),
        bar(3, "chart-5"),
        {
          name: data.columns[4],
          type: "scatter",
          data: column(data, 4),
          symbol: "rect",
          symbolSize: [Math.min(24, (0.7 * data.width) / data.rows.length), 2],
          itemStyle: { color: color("text") },
          silent: true,
          emphasis: { disabled: true },
          z: 5,
        },
      ],
    };
  },
  // Day or hour, median, 95%, longest (seconds), events: a logarithmic axis, since one late event may be hours late
  lag(data) {
    const line = (i, tone) => ({
      type: "line",
      symbol: "circle",
      symbolSize: data.rows.length > 20 ? 4 : 7,
      showAllSymbol: true,
      data: column(data, i).map((v) => (typeof v === "number" ? Math.max(v, 0.1) : "-")),
      lineStyle: { color: color(tone), width: 2 },
      itemStyle: { color: color(tone) },
    });
    const span = (v) => (v < 120 ? `${v} s` : v < 7200 ? `${Math.round(v / 60)} min` : `${Math.round(v / 3600)} h`);
    const said = (v, i) => (typeof v !== "number" ? "–" : i === 4 ? count(v) : span(v));
    return {
      ...base({
        tooltip: {
          formatter: (p) =>
            tip(
              p[0].name,
              data.columns.slice(1).map((name, i) => [name, said(data.rows[p[0].dataIndex][i + 1], i + 1)]),
            ),
        },
      }),
      xAxis: categoryAxis(column(data, 0), { axisLabel: { interval: every(data) } }),
      yAxis: {
        type: "log",
        min: 0.1,
        max: ({ max }) => 10 ** Math.max(2, Math.ceil(Math.log10(max))),
        splitLine: { lineStyle: { color: color("chart-grid") } },
        axisLabel: { ...text("muted"), formatter: span },
      },
      series: [line(3, "chart-loss"), line(2, "chart-3"), line(1, "chart-1")],
    };
  },
  // By (the hour), Today, Last week
  today(data) {
    const shown = column(data, 1).map((v, i) => (i > Number(data.now) ? "-" : v));
    return {
      ...base({ tooltip: { formatter: lines(data) } }),
      xAxis: categoryAxis(column(data, 0), {
        axisLabel: { interval: (i) => (i + 1) % (narrow() ? 6 : 3) === 0 },
        axis: { boundaryGap: false },
      }),
      yAxis: moneyAxis(data, { splitNumber: 3 }),
      series: [
        {
          type: "line",
          symbol: "none",
          data: column(data, 2),
          lineStyle: { color: color("border-control"), width: 1.5, type: [3, 3] },
        },
        {
          type: "line",
          symbol: "none",
          data: shown,
          lineStyle: { color: color("chart-1"), width: 2 },
          areaStyle: { color: color("chart-1"), opacity: 0.12 },
        },
      ],
    };
  },
  // From, To, Amount
  sankey(data) {
    const tones = {
      "Gross sales": "chart-1",
      Refunds: "chart-loss",
      "Disputes, net": "chart-5",
      "Stripe fees": "chart-2",
      "Net to bank": "chart-1",
      "Paid out": "chart-4",
      "In balance": "chart-6",
    };
    // What goes through a point: all that comes in, or all that leaves where it begins.
    const [into, out] = [{}, {}];
    data.rows.forEach(([from, to, amount]) => {
      out[from] = (out[from] ?? 0) + amount;
      into[to] = (into[to] ?? 0) + amount;
    });
    const totals = {};
    Object.keys({ ...out, ...into }).forEach((name) => {
      totals[name] = Math.max(into[name] ?? 0, out[name] ?? 0);
    });
    const minor = ["Refunds", "Disputes, net", "Stripe fees"];
    const fontSize = narrow() ? 11 : 12;
    return {
      ...base(),
      tooltip: {
        ...base().tooltip,
        trigger: "item",
        formatter: (p) =>
          p.dataType === "edge"
            ? tip(`${p.data.source} → ${p.data.target}`, [["Amount", data.money.exact(p.data.exact)]])
            : tip(p.name, [["Amount", data.money.exact(totals[p.name])]]),
      },
      series: [
        {
          type: "sankey",
          left: 4,
          right: widthOf(Object.values(totals).map(data.money.exact), fontSize) + 10,
          top: 14,
          bottom: 14,
          nodeWidth: 10,
          nodeGap: 22,
          draggable: false,
          layoutIterations: 0,
          nodeAlign: "left",
          data: Object.keys(totals).map((name) => ({
            name,
            itemStyle: { color: color(tones[name] ?? "chart-6"), borderWidth: 0 },
          })),
          links: data.rows.map(([source, target, exact]) => ({ source, target, exact, value: exact })),
          lineStyle: { color: "target", opacity: 0.22, curveness: 0.5 },
          emphasis: { focus: "adjacency" },
          label: {
            color: color("text"),
            fontSize,
            lineHeight: 16,
            formatter: (p) =>
              `${p.name}${minor.includes(p.name) ? " " : "\n"}{v|${data.money.exact(totals[p.name])}}`,
            rich: { v: { color: color("muted"), fontSize } },
          },
        },
      ],
    };
  },
  // Product, Units, Revenue
  bestsellers(data) {
    return {
      ...base({
        tooltip: {
          formatter: (p) =>
            tip(p[0].name, [
              ["Revenue", data.money.exact(data.rows[p[0].dataIndex][2])],
              ["Units", count(data.rows[p[0].dataIndex][1])],
            ]),
        },
      }),
      grid: { left: 4, right: widthOf(column(data, 2).map(data.money.exact)) + 8, top: 4, bottom: 4, containLabel: true },
      xAxis: { type: "value", show: false, min: 0 },
      yAxis: {
        ...categoryAxis(column(data, 0)),
        inverse: true,
        axisLine: { show: false },
        axisLabel: { ...text("text"), width: 0.4 * data.width, overflow: "truncate", interval: 0 },
      },
      series: [
        {
          type: "bar",
          data: column(data, 2),
          barWidth: 12,
          itemStyle: { color: color("chart-1"), borderRadius: [0, 3, 3, 0] },
          label: {
            show: true,
            position: "right",
            color: color("muted"),
            formatter: (p) => data.money.exact(p.value),
          },
        },
      ],
    };
  },
  // Day, week or month; new, returning
  customers(data) {
    const bar = (i, tone, radius) => ({
      type: "bar",
      stack: "s",
      barMaxWidth: 44,
      data: column(data, i),
      itemStyle: { color: color(tone), borderRadius: radius },
    });
    return {
      ...base({ tooltip: { formatter: lines(data) } }),
      xAxis: categoryAxis(column(data, 0), { axisLabel: { interval: every(data) } }),
      yAxis: moneyAxis(data),
      series: [bar(1, "chart-1"), bar(2, "chart-3", [2, 2, 0, 0])],
    };
  },
  // Weekday, then 24 hours
  hours(data) {
    const cells = data.rows.flatMap((r, y) => r.slice(1).map((v, x) => [x, y, v]));
    const most = Math.max(...cells.map((c) => c[2]));
    return {
      ...base(),
      tooltip: {
        ...base().tooltip,
        trigger: "item",
        formatter: (p) =>
          tip(
            `${data.rows[p.value[1]][0]}, ${data.columns[p.value[0] + 1]}–${String(p.value[0] + 1).padStart(2, "0")}`,
            [["Orders", count(p.value[2])]],
          ),
      },
      grid: { left: 4, right: 4, top: 4, bottom: 4, containLabel: true },
      xAxis: categoryAxis(data.columns.slice(1), {
        axisLabel: { interval: narrow() ? 5 : 2 },
        axis: { axisLine: { show: false } },
      }),
      yAxis: {
        ...categoryAxis(column(data, 0)),
        inverse: true,
        axisLine: { show: false },
        axisLabel: { ...text("muted"), interval: 0 },
      },
      visualMap: {
        show: false,
        min: 0,
        max: most,
        inRange: { color: ["heat-0", "heat-1", "heat-2", "heat-3", "heat-4", "heat-5", "heat-6"].map(color) },
      },
      series: [
        {
          type: "heatmap",
          data: cells,
          itemStyle: { borderColor: color("surface"), borderWidth: 2, borderRadius: 4 },
        },
      ],
    };
  },
  // Step, People, Of the step before
  funnel(data) {
    const people = column(data, 1);
    return {
      ...base({
        tooltip: {
          formatter: (p) =>
            tip(p[0].name, [
              ["People", count(p[0].value)],
              ["Of the step before", data.rows[p[0].dataIndex][2]],
            ]),
        },
      }),
      grid: { left: 4, right: 92, top: 4, bottom: 4, containLabel: true },
      xAxis: { type: "value", show: false, min: 0, max: people[0] },
      yAxis: {
        ...categoryAxis(column(data, 0)),
        inverse: true,
        axisLine: { show: false },
        axisLabel: { ...text("text"), interval: 0 },
      },
      series: [
        {
          type: "bar",
          data: people,
          barWidth: 26,
          showBackground: true,
          backgroundStyle: { color: color("surface-2") },
          itemStyle: { color: color("chart-1") },
          label: {
            show: true,
            position: "right",
            color: color("muted"),
            formatter: (p) => `${count(p.value)}  ·  ${data.rows[p.dataIndex][2]}`,
          },
        },
      ],
    };
  },
  // Day, amount: one small series of what was earned
  daily(data) {
    return draw.days(data, "chart-1");
  },
  // Day, amount: one small series of what went back
  days(data, tone = "chart-loss") {
    return {
      ...base({ tooltip: { formatter: lines(data) } }),
      xAxis: categoryAxis(column(data, 0), { axisLabel: { interval: every(data) } }),
      yAxis: moneyAxis(data, { splitNumber: 3 }),
      series: [
        {
          type: "bar",
          barMaxWidth: 18,
          data: column(data, 1),
          itemStyle: { color: color(tone), borderRadius: [2, 2, 0, 0] },
        },
      ],
    };
  },
};

const draws = new Map(); // figure → {chart, paint}

// The table's cell that a bar, a square or a stream was drawn from: where that leads, the drawing leads.
const cellOf = (kind, { dataIndex, dataType, seriesIndex, value }, table) => {
  if (dataType === "node") return null;
  const [row, cell] =
    kind === "hours"
      ? [value[1], value[0] + 1]
      : kind === "sankey" || kind === "bestsellers"
        ? [dataIndex, 2]
        : [dataIndex, seriesIndex + 1];
  return table.tBodies[0].rows[row]?.cells[cell];
};

const start = (figure) => {
  const table = figure.querySelector("table"); // now: a tooltip has one too
  const data = read(table);
  const canvas = figure.querySelector(".canvas");
  figure.classList.add("is-drawn");
  const chart = echarts.init(canvas, null, { renderer: "svg" });
  const paint = () => {
    data.width = chart.getWidth();
    chart.setOption(draw[figure.dataset.chart](data), true);
  };
  canvas.setAttribute("role", "img");
  canvas.setAttribute(
    "aria-label",
    `${figure.querySelector("h2").textContent.trim()}. The same figures are in the table.`,
  );
  paint();
  const linkOf = (point) => cellOf(figure.dataset.chart, point, table)?.querySelector("a");
  // A press and a release on what leads to one place. Not a click: the browser lets one go whose square is raised
  // between the two, because the pointer has come onto it, and ECharts one whose drawing was made anew, or a slow tap.
  let pressed = null;
  canvas.addEventListener("pointerdown", () => {
    pressed = null;
  });
  chart.on("mousedown", (point) => {
    pressed = point.event.event.button ? null : linkOf(point);
  });
  chart.on("mouseup", (point) => {
    if (pressed && linkOf(point) === pressed) location.assign(pressed.href);
  });
  // ECharts points at everything drawn, also at an hour without an order, which leads nowhere.
  chart.on("mousemove", (point) => chart.getZr().setCursorStyle(linkOf(point) ? "pointer" : "default"));
  const toggle = figure.querySelector("[data-table]");
  toggle.hidden = false;
  toggle.addEventListener("click", () => {
    const drawn = figure.classList.toggle("is-drawn");
    toggle.setAttribute("aria-pressed", String(!drawn));
    if (!drawn) return;
    chart.resize();
    paint(); // hidden, it had no width
  });
  draws.set(figure, { chart, paint });
};

// Also after a part of the page was fetched anew: figures that came are drawn, those that went are let go.
const startAll = () => {
  draws.forEach(({ chart }, figure) => {
    if (figure.isConnected) return;
    chart.dispose();
    draws.delete(figure);
  });
  document.querySelectorAll("figure.plot").forEach((figure) => {
    if (!draws.has(figure)) start(figure);
  });
};

startAll();
document.addEventListener("htmx:afterSettle", startAll);
document.addEventListener("themechange", () => draws.forEach(({ paint }) => paint()));
const resizeAll = (size) =>
  draws.forEach(({ chart, paint }) => {
    chart.resize(size);
    paint();
  });
addEventListener("resize", () => resizeAll());

// On paper a chart is light, and as wide as the sheet, which is known to the browser only: it scales what is drawn.
const PAPER = 720;
addEventListener("beforeprint", () => {
  document.documentElement.style.colorScheme = "light";
  resizeAll({ width: PAPER });
  document.querySelectorAll("figure.plot .canvas svg").forEach((svg) => {
    svg.setAttribute("viewBox", `0 0 ${PAPER} ${svg.getAttribute("height")}`);
  });
});
addEventListener("afterprint", () => {
  document.documentElement.style.colorScheme = "";
  document.querySelectorAll("figure.plot .canvas svg").forEach((svg) => svg.removeAttribute("viewBox"));
  resizeAll({ width: "auto" });
});
