// What pages are a little nicer with: times in the viewer's zone, copying, counters. Pages work without it.
(() => {
  "use strict";

  const formats = {
    time: new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" }),
    date: new Intl.DateTimeFormat(undefined, { dateStyle: "medium" }),
    exact: new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "long" }),
  };

  function localTimes(root) {
    for (const el of root.querySelectorAll("time[data-time]")) {
      const at = new Date(el.dateTime);
      if (Number.isNaN(at.getTime())) continue;
      el.title = formats.exact.format(at);
      const how = formats[el.dataset.time];
      if (how) el.textContent = how.format(at);
    }
  }

  function copyButtons(root) {
    if (!navigator.clipboard) return;
    for (const button of root.querySelectorAll("[data-copy]")) {
      button.hidden = false;
      button.addEventListener("click", async () => {
        const label = button.querySelector("span");
        const before = label.textContent;
        await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
        label.textContent = "Copied";
        setTimeout(() => { label.textContent = before; }, 2000);
      });
    }
  }

  function printing(root) {
    for (const button of root.querySelectorAll("[data-print]")) {
      button.hidden = false;
      button.addEventListener("click", () => print());
    }
  }

  function counters(root) {
    for (const area of root.querySelectorAll("textarea[data-count]")) {
      const out = document.createElement("p");
      out.className = "counter";
      const show = () => { out.textContent = `${[...area.value].length} of ${area.maxLength}`; };
      const field = area.closest(".field");
      field.classList.add("counted");
      field.append(out);
      area.addEventListener("input", show);
      show();
    }
  }

  // On a phone a table is read row by row; each value then stands under the name of its column.
  function stack(root) {
    for (const table of root.querySelectorAll(".scroll > table")) {
      const names = [...table.querySelectorAll("thead th")].map((th) => th.querySelector(".hidden") ? "" : th.textContent.trim());
      const figures = [...table.querySelectorAll("thead th:not(:first-child)")].every((th) => th.classList.contains("num") || th.querySelector(".hidden"));
      if (names.length < 3 || names.length < 5 && figures || table.closest("details")) continue;
      const role = (selector, name) => { for (const el of table.querySelectorAll(selector)) el.setAttribute("role", name); };
      const label = () => {
        for (const row of table.querySelectorAll("tbody > tr")) {
          let column = 0;
          for (const cell of row.cells) {
            if (cell.colSpan === 1 && names[column]) cell.dataset.label = names[column];
            column += cell.colSpan;
            cell.toggleAttribute("data-empty", cell.textContent.trim() === "" && !cell.querySelector("svg, input"));
          }
        }
        for (const [selector, name] of [["thead, tbody, tfoot", "rowgroup"], ["tr", "row"], ["thead th", "columnheader"], ["td", "cell"], ["tbody th, tfoot th", "rowheader"]]) role(selector, name);
      };
      table.setAttribute("role", "table"); // which the other way of showing it would hide from readers of screens
      table.classList.add("stacked");
      label();
      for (const body of table.tBodies) new MutationObserver(label).observe(body, { childList: true });
    }
  }

  // Countries by their names in the viewer's language.
  function countries(root) {
    const names = new Intl.DisplayNames(undefined, { type: "region" });
    for (const el of root.querySelectorAll("[data-country]")) {
      const code = el.dataset.country;
      el.textContent = code === "ZZ" ? "Unknown" : names.of(code);
    }
  }

  // A form that filters applies a choice at once.
  function filters(root) {
    for (const form of root.querySelectorAll("form.filters")) {
      form.addEventListener("change", (e) => { if (e.target.tagName === "SELECT") form.requestSubmit(); });
    }
  }

  // A form is sent once, however often its button is pressed.
  function once(root) {
    for (const form of root.querySelectorAll('form[method="post"]')) {
      form.addEventListener("submit", (e) => {
        if (form.dataset.sent) { e.preventDefault(); return; }
        form.dataset.sent = "yes";
      });
    }
  }
  addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

  function start(root) { localTimes(root); copyButtons(root); printing(root); counters(root); stack(root); countries(root); filters(root); once(root); }

  start(document);
  document.addEventListener("htmx:afterSwap", (e) => start(e.target));
})();
