// Writes the map of the world as one SVG file with a symbol for each country, named by its code of two letters (ISO 3166-1),
// such as #DE, so that pages can colour countries by class. scripts/vendor-web.sh runs it.
import { readFileSync } from "node:fs";
import { geoNaturalEarth1, geoPath } from "d3-geo";
import { feature } from "topojson-client";
import codes from "i18n-iso-countries";

const width = 960, height = 470;
const topology = JSON.parse(readFileSync("node_modules/world-atlas/countries-50m.json", "utf8"));
const countries = feature(topology, topology.objects.countries).features.filter((c) => c.properties.name !== "Antarctica");
const projection = geoNaturalEarth1().fitExtent([[2, 2], [width - 2, height - 2]], { type: "FeatureCollection", features: countries });
const path = geoPath(projection);

// distance of p from the line a–b
function distance(p, a, b) {
  const [dx, dy] = [b[0] - a[0], b[1] - a[1]];
  const length = Math.hypot(dx, dy);
  if (length === 0) return Math.hypot(p[0] - a[0], p[1] - a[1]);
  return Math.abs(dy * p[0] - dx * p[1] + b[0] * a[1] - b[1] * a[0]) / length;
}

// simplify keeps the points that are further than tolerance from the line without them (Douglas and Peucker, 1973).
function simplify(points, tolerance) {
  if (points.length < 4) return points;
  let [far, most] = [0, 0];
  for (let i = 1; i < points.length - 1; i++) {
    const d = distance(points[i], points[0], points.at(-1));
    if (d > most) [far, most] = [i, d];
  }
  if (most <= tolerance) return [points[0], points.at(-1)];
  return [...simplify(points.slice(0, far + 1), tolerance).slice(0, -1), ...simplify(points.slice(far), tolerance)];
}

const area = (ring) => Math.abs(ring.reduce((sum, p, i) => { const q = ring[(i + 1) % ring.length]; return sum + p[0] * q[1] - q[0] * p[1]; }, 0)) / 2;

const symbols = new Map();
for (const country of countries) {
  const code = codes.numericToAlpha2(country.id);
  const drawn = path(country);
  if (!drawn) continue;
  const rings = drawn.split("M").filter(Boolean).map((r) => r.replace("Z", "").split("L").map((p) => p.split(",").map(Number)));
  rings.sort((a, b) => area(b) - area(a));
  const kept = rings.filter((r, i) => i === 0 || area(r) > 3);
  let d = kept.map((r) => {
    const half = Math.floor(r.length / 2);
    const points = r.length < 8 ? r : [...simplify(r.slice(0, half + 1), 0.6).slice(0, -1), ...simplify(r.slice(half), 0.6)];
    return "M" + points.map((p) => p.map((x) => Number(x.toFixed(1))).join(" ")).join("L") + "Z";
  }).join("");
  if (area(rings[0]) < 2) { // too small to be seen
    const [x, y] = path.centroid(country).map((v) => Number(v.toFixed(1)));
    d = `M${x - 1.6} ${y}a1.6 1.6 0 1 0 3.2 0a1.6 1.6 0 1 0-3.2 0Z`;
  }
  const name = code ?? "other";
  symbols.set(name, (symbols.get(name) ?? "") + d);
}
console.log(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}">`);
console.log([...symbols].sort().map(([code, d]) => `<path id="${code}" d="${d}"/>`).join("\n"));
console.log(`<g id="land">${[...symbols.keys()].sort().map((code) => `<use href="#${code}"/>`).join("")}</g>`);
console.log("</svg>");
