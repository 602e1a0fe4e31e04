/* The trend of the dashboard: the same figures as the table below it, drawn as two lines. */
(() => {
  "use strict";

  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (value) => (value === null || value === undefined ? "–" : `${value === 100 || value === 0 ? value : value.toFixed(1)}%`);

  const lowest = (figures) => {
    const known = figures.actual.concat(figures.plan).filter((value) => value !== null);
    const least = known.length ? Math.min(...known) : 0;
    return Math.max(0, Math.floor((least - 4) / 20) * 20);
  };

  const options = (figures) => {
    const ink = token("--ink-500");
    const strong = token("--ink-700");
    const brand = token("--brand");
    const font = getComputedStyle(document.body).fontFamily;
    const last = figures.actual.length - 1;
    return {
      animation: false,
      textStyle: { fontFamily: font },
      grid: { top: 14, right: 64, bottom: 24, left: 44 },
      tooltip: {
        trigger: "axis",
        renderMode: "richText",
        confine: true,
        borderColor: token("--line-strong"),
        textStyle: { color: token("--ink-900"), fontSize: 12 },
        formatter: (points) => {
          const at = points[0].dataIndex;
          return [
            figures.days[at],
            `${figures.words.actual}  ${percent(figures.actual[at])}`,
            `${figures.words.plan}  ${percent(figures.plan[at])}`,
          ].join("\n");
        },
      },
      xAxis: {
        type: "category",
        data: figures.labels,
        boundaryGap: false,
        axisLine: { lineStyle: { color: token("--line-strong") } },
        axisTick: { show: false },
        axisLabel: { color: ink, fontSize: 11, hideOverlap: true },
      },
      yAxis: {
        type: "value",
        min: lowest(figures),
        max: 100,
        interval: 20,
        axisLabel: { color: ink, fontSize: 11, formatter: "{value}%" },
        splitLine: { lineStyle: { color: token("--line") } },
      },
      series: [
        {
          name: figures.words.plan,
          type: "line",
          data: figures.plan,
          symbol: "none",
          lineStyle: { color: strong, width: 1, type: "dashed" },
          itemStyle: { color: strong },
          endLabel: { show: figures.plan[last] !== null, formatter: () => figures.words.plan, color: strong, fontSize: 11 },
          labelLayout: { moveOverlap: "shiftY" },
        },
        {
          name: figures.words.actual,
          type: "line",
          data: figures.actual,
          symbol: "circle",
          symbolSize: 7,
          showSymbol: true,
          lineStyle: { color: brand, width: 2 },
          itemStyle: { color: brand },
          endLabel: { show: figures.actual[last] !== null, formatter: () => percent(figures.actual[last]), color: brand, fontSize: 12, fontWeight: 600 },
          labelLayout: { moveOverlap: "shiftY" },
        },
      ],
    };
  };

  const draw = (place) => {
    const source = document.getElementById(place.dataset.trend);
    if (!source || !window.echarts) {
      return;
    }
    const chart = window.echarts.init(place, null, { renderer: "svg" });
    // On paper the drawing is scaled to its place, for which it has to say how large it is.
    const measure = () => {
      const svg = place.querySelector("svg");
      if (svg) {
        svg.setAttribute("viewBox", `0 0 ${chart.getWidth()} ${chart.getHeight()}`);
      }
    };
    chart.on("finished", measure);
    chart.setOption(options(JSON.parse(source.textContent)));
    measure();
    window.addEventListener("resize", () => chart.resize());
  };

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-trend]").forEach(draw);
  });
})();
