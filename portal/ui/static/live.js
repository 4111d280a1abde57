// Shows the live numbers of the server: a strip on the overview, and the page "Live".
(() => {
  "use strict";

  const root = document.querySelector("[data-live]");
  if (!root || !window.EventSource) return;
  const kept = 150; // events: five minutes
  const all = (selector) => document.querySelectorAll(selector);
  const state = document.querySelector("[data-state]");
  const pause = document.querySelector("[data-pause]");
  const filter = document.querySelector("[data-filter]");
  const table = document.querySelector("[data-refusals]");
  const place = document.getElementById("live-plot");
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
  let [events, refusals, paused, plot] = [[], [], false, null];

  const say = (text, ok) => {
    if (state) state.textContent = text;
    root.classList.toggle("broken", !ok);
  };

  function draw() {
    const last = events.at(-1);
    if (!last) return;
    for (const el of all("[data-figure]")) el.textContent = number.format(last[el.dataset.figure]);
    for (const el of all("[data-sum]")) el.textContent = number.format(events.reduce((sum, e) => sum + e[el.dataset.sum], 0));
    if (!place || !window.uPlot) return;
    const data = [events.map((e) => Date.parse(e.at) / 1000), events.map((e) => e.calls_per_second)];
    if (plot) { plot.setData(data); return; }
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--muted").trim(), font: "11px system-ui, sans-serif", grid: { stroke: style.getPropertyValue("--line").trim(), width: 1 }, ticks: { show: false } };
    plot = new uPlot({
      width: place.clientWidth, height: 190, legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
      scales: { x: { range: (_, __, max) => [max - 300, max] }, y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
      axes: [{ ...axis, grid: { show: false }, size: 24, space: 70, values: (_, v) => v.map((t) => clock.format(new Date(t * 1000))) }, { ...axis, size: 46 }],
      series: [{}, { stroke: style.getPropertyValue("--accent").trim(), width: 1.75, points: { show: false } }],
    }, data, place);
    addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: 190 }));
  }

  function list() {
    if (!table) return;
    const word = (filter?.value ?? "").trim().toLowerCase();
    const rows = refusals.filter((r) => !word || [r.api_key_id, r.tool, r.country].some((t) => t.toLowerCase().includes(word)));
    table.replaceChildren(...rows.map((r) => {
      const row = document.createElement("tr");
      const cell = (text, className) => { const td = document.createElement("td"); td.textContent = text; td.className = className ?? ""; row.append(td); return td; };
      const link = document.createElement("a");
      link.href = `/admin/keys/${encodeURIComponent(r.api_key_id)}?days=1`;
      link.textContent = r.api_key_id;
      cell("", "mono").append(link);
      cell(r.tool, "mono");
      cell(r.country === "ZZ" ? "unknown" : r.country);
      cell(number.format(r.calls), "num");
      cell(clock.format(new Date(r.minute)));
      return row;
    }));
    if (rows.length === 0) {
      const row = table.insertRow();
      const cell = row.insertCell();
      cell.colSpan = 5;
      cell.className = "muted";
      cell.textContent = word ? "None that matches." : "None in the last five minutes.";
    }
  }

  const source = new EventSource(root.dataset.live);
  source.addEventListener("open", () => say("Connected", true));
  source.addEventListener("error", () => say("The connection broke. Trying again…", false));
  source.addEventListener("usage", (e) => {
    events = [...events, JSON.parse(e.data)].slice(-kept);
    root.hidden = false;
    if (!paused) draw();
  });
  source.addEventListener("refusals", (e) => { refusals = JSON.parse(e.data).refusals ?? []; if (!paused) list(); });
  filter?.addEventListener("input", list);
  if (state) root.hidden = false;
  if (pause) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.querySelector("span").textContent = paused ? "Go on" : "Pause";
      if (state) state.textContent = paused ? "Paused" : "Connected";
      if (!paused) { draw(); list(); }
    });
  }
})();
