// Draws the charts of a page from the figures beside them, with uPlot.
(() => {
  "use strict";

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const tones = { accent: "--accent", bad: "--bad", warn: "--warn", good: "--good", muted: "--line-strong", part1: "--part1", part2: "--part2", part3: "--part3", part4: "--part4", part5: "--part5" };
  const compact = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
  const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
  // Days and months are counted in UTC.
  const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
  const short = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
  const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
  const minute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

  function readout(data) {
    const box = document.createElement("div");
    box.className = "readout";
    box.hidden = true;
    const hourly = data.at.length > 1 && data.at[1] - data.at[0] < 86400;
    return {
      hooks: {
        init: (u) => u.over.appendChild(box),
        setCursor: (u) => {
          const i = u.cursor.idx;
          box.hidden = i == null || u.cursor.left < 0;
          if (box.hidden) return;
          box.replaceChildren();
          const head = document.createElement("b");
          const at = new Date(data.at[i] * 1000);
          head.textContent = hourly ? minute.format(at) : `${day.format(at)} (UTC)`;
          box.append(head);
          for (const line of data.lines) {
            const row = document.createElement("span");
            const v = line.values[i];
            row.textContent = `${line.name}: ${v == null ? "–" : whole.format(v)}${data.unit === "ms" ? " ms" : ""}`;
            box.append(row);
          }
          const right = u.cursor.left > u.over.clientWidth / 2;
          box.style.left = right ? "" : `${u.cursor.left + 12}px`;
          box.style.right = right ? `${u.over.clientWidth - u.cursor.left + 12}px` : "";
          box.style.top = "4px";
        },
      },
    };
  }

  function draw(figure) {
    const id = figure.dataset.chart;
    const place = document.getElementById(id);
    const data = JSON.parse(document.getElementById(`${id}-data`).textContent);
    if (data.at.length === 0) return null;
    const parts = data.kind === "parts"; // of a whole, one above the other: the highest is drawn first
    const shown = parts ? data.lines.map((l, n) => ({ ...l, values: l.values.map((_, i) => data.lines.slice(0, n + 1).reduce((sum, m) => sum + (m.values[i] ?? 0), 0)) })).reverse() : data.lines;
    const bars = parts || data.kind === "bars" ? uPlot.paths.bars({ size: [0.72, 40], radius: 0.12 }) : undefined;
    const series = shown.map((l) => {
      const c = colour(tones[l.tone] || "--accent");
      return { label: l.name, stroke: c, width: bars ? 0 : 1.75, fill: bars ? c : undefined, paths: bars, points: { show: false }, spanGaps: false };
    });
    const step = data.at.length > 1 ? data.at[1] - data.at[0] : 86400;
    const axis = { stroke: colour("--muted"), font: "11px system-ui, sans-serif", grid: { stroke: colour("--line"), width: 1 }, ticks: { show: false } };
    const make = () => new uPlot({
      width: place.clientWidth, height: 190, legend: { show: false }, padding: [8, 18, 0, 0],
      cursor: { y: false, points: { size: 6 }, drag: { x: false, y: false } },
      scales: { x: { range: (_, min, max) => { const half = bars && data.at.length > 1 ? (data.at[1] - data.at[0]) / 2 : 0; return [min - half, max + half]; } }, y: { range: (_, __, max) => [0, Math.max(max * 1.08, 1)] } },
      axes: [{ ...axis, grid: { show: false }, size: 24, space: 70, values: (_, all) => all.map((v) => (step < 86400 ? clock : short).format(new Date(v * 1000))) }, { ...axis, size: 46, values: (_, all) => all.map((v) => compact.format(v)) }],
      series: [{}, ...series], plugins: [readout(data)],
      ...(step < 86400 ? {} : { tzDate: (at) => uPlot.tzDate(new Date(at * 1000), "Etc/UTC") }),
    }, [data.at, ...shown.map((l) => l.values)], place);
    return { place, plot: make(), redraw() { this.plot.destroy(); this.plot = make(); } };
  }

  const drawn = [...document.querySelectorAll("figure[data-chart]")].map(draw).filter(Boolean);
  addEventListener("resize", () => { for (const c of drawn) c.plot.setSize({ width: c.place.clientWidth, height: 190 }); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());
})();
