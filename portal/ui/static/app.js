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

  function counters(root) {
    for (const area of root.querySelectorAll("textarea[data-count]")) {
      const out = document.createElement("p");
      out.className = "counter";
      const show = () => { out.textContent = `${[...area.value].length} of ${area.maxLength}`; };
      area.after(out);
      area.addEventListener("input", show);
      show();
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

  function start(root) { localTimes(root); copyButtons(root); counters(root); filters(root); once(root); }

  start(document);
  document.addEventListener("htmx:afterSwap", (e) => start(e.target));
})();
