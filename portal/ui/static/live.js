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
  const list = document.querySelector("[data-calls]");
  const keptCalls = 100;
  const zone = document.querySelector("[data-zone]");
  const place = document.getElementById("live-plot");
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
  const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
  const second = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit", second: "2-digit" });
  let [events, refusals, calls, paused, plot] = [[], [], [], false, null];

  const seconds = (at) => Date.parse(at) / 1000;
  const newest = () => seconds(events.at(-1).at); // of a single event, uPlot itself makes an axis of three years
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
    const data = [events.map((e) => seconds(e.at)), events.map((e) => e.calls_per_second)];
    if (plot) { plot.setData(data); return; }
    const style = getComputedStyle(document.documentElement);
    const axis = { stroke: style.getPropertyValue("--muted").trim(), font: "11px system-ui, sans-serif", grid: { stroke: style.getPropertyValue("--line").trim(), width: 1 }, ticks: { show: false } };
    plot = new uPlot({
      width: place.clientWidth, height: 190, legend: { show: false }, cursor: { show: false }, padding: [8, 8, 0, 0],
      scales: { x: { range: () => [newest() - 300, newest()] }, y: { range: (_, __, max) => [0, Math.max(max * 1.1, 1)] } },
      axes: [{ ...axis, grid: { show: false }, size: 24, space: 50, incrs: [60, 300], values: (_, v) => v.map((t) => clock.format(new Date(t * 1000))) }, { ...axis, size: 46 }],
      series: [{}, { stroke: style.getPropertyValue("--accent").trim(), width: 1.75, points: { show: false } }],
    }, data, place);
    addEventListener("resize", () => plot.setSize({ width: place.clientWidth, height: 190 }));
  }

  // Each row is an array of cells: a text, or [text, class, link, tone of a badge].
  function fill(body, columns, rows) {
    const word = (filter?.value ?? "").trim().toLowerCase();
    const shown = rows.filter((cells) => !word || cells.some((c) => [c].flat()[0].toLowerCase().includes(word)));
    body.replaceChildren(...shown.map((cells) => {
      const row = document.createElement("tr");
      for (const c of cells) {
        const [text, className, link, tone] = [c].flat();
        const td = row.insertCell();
        td.className = className ?? "";
        const inner = link || tone ? td.appendChild(document.createElement(link ? "a" : "span")) : td;
        if (link) inner.href = link;
        if (tone) inner.className = `badge ${tone}`;
        inner.textContent = text;
      }
      return row;
    }));
    if (shown.length === 0) {
      const cell = body.insertRow().insertCell();
      cell.colSpan = columns;
      cell.className = "muted";
      cell.textContent = word ? "None that matches." : "None in the last five minutes.";
    }
  }

  const keyPage = (id) => `/admin/keys/${encodeURIComponent(id)}?days=1`;

  function lists() {
    if (table) {
      fill(table, 5, refusals.map((r) => [
        [r.api_key_id, "mono", keyPage(r.api_key_id)], [r.tool, "mono"], r.country === "ZZ" ? "unknown" : r.country,
        [number.format(r.calls), "num"], clock.format(new Date(r.minute)),
      ]));
    }
    if (list) {
      fill(list, 6, calls.map((c) => [
        second.format(new Date(c.started_at)), [c.user_email || c.user_id, "", `/admin/customers/${encodeURIComponent(c.user_id)}`],
        c.api_key_id ? [c.name || c.api_key_id, "", keyPage(c.api_key_id)] : "–", [c.tool, "mono"],
        c.status === "succeeded" ? ["Succeeded", "", "", "good"] : ["Failed", "", "", "bad"], [`${number.format(c.duration_ms)} ms`, "num"],
      ]));
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
  source.addEventListener("refusals", (e) => { refusals = JSON.parse(e.data).refusals ?? []; if (!paused) lists(); });
  source.addEventListener("calls", (e) => {
    const known = new Set(calls.map((c) => c.id));
    const fresh = (JSON.parse(e.data).calls ?? []).filter((c) => !known.has(c.id));
    calls = [...fresh, ...calls].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at)).slice(0, keptCalls);
    if (!paused) lists();
  });
  filter?.addEventListener("input", lists);
  if (state) root.hidden = false;
  if (zone) zone.textContent = ` Times are those of ${clock.resolvedOptions().timeZone}.`;
  if (pause) {
    pause.hidden = false;
    pause.addEventListener("click", () => {
      paused = !paused;
      pause.querySelector("span").textContent = paused ? "Go on" : "Pause";
      if (state) state.textContent = paused ? "Paused" : "Connected";
      if (!paused) { draw(); lists(); }
    });
  }
})();
