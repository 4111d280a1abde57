// The list of documents is folded on a phone, and the search finds headings of all pages.
'use strict';
if (matchMedia('(max-width: 50rem)').matches) document.querySelector('.side details').open = false;
const field = document.querySelector('.search input');
const list = document.getElementById('headings');
let places = null; // what a heading is called, and where it is
field.addEventListener('focus', async () => {
  if (places) return;
  places = new Map();
  const index = document.getElementById('places').href;
  for (const { title, url } of await (await fetch(index)).json()) {
    places.set(title, index.replace(/headings\.json$/, '') + url);
    list.append(new Option(title));
  }
});
const go = (likely) => {
  const text = field.value.trim().toLowerCase();
  if (!text || !places) return;
  const names = [...places.keys()];
  const name = names.find((n) => n.toLowerCase() === text) ?? (likely && names.find((n) => n.toLowerCase().includes(text)));
  if (name) location.href = places.get(name);
};
field.addEventListener('input', (event) => { if (!event.inputType || event.inputType === 'insertReplacementText') go(false); });
field.form.addEventListener('submit', (event) => { event.preventDefault(); go(true); });
