// Reads recordings with Garmin's own decoder, or with togeojson, and places with tz-lookup: {"files":[path…],"places":[[lat,lon]…]}
// on the standard input. Prints what they say: {"files":{path: recording},"zones":[name…]}.
import { readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { Decoder, Stream } from '@garmin/fitsdk';
import { gpx, tcx } from '@tmcw/togeojson';
import { DOMParser } from '@xmldom/xmldom';
import zoneAt from '@photostructure/tz-lookup';

const seconds = (time) => new Date(time).getTime() / 1000;

// count sums up the values that were measured.
function count(values) {
  const known = values.filter((v) => typeof v === 'number' && Number.isFinite(v));
  return { n: known.length, sum: known.reduce((a, b) => a + b, 0) };
}

// A file may be a chain of several, each with its own messages.
function fit(bytes) {
  const all = { record: [], session: [], lap: [] };
  for (let at = 0; at < bytes.length;) {
    const decoder = new Decoder(Stream.fromByteArray([...bytes.subarray(at)]));
    if (!decoder.isFIT()) break;
    const header = bytes[at];
    const size = new DataView(bytes.buffer, bytes.byteOffset + at).getUint32(4, true);
    const { messages } = decoder.read({ mergeHeartRates: true });
    for (const kind of Object.keys(all)) all[kind].push(...(messages[`${kind}Mesgs`] ?? []));
    at += header + size + 2;
  }
  return {
    samples: all.record.length,
    heart_rate: count(all.record.map((r) => r.heartRate || undefined)), // 0 is a strap without contact
    power: count(all.record.map((r) => r.power)),
    altitude: count(all.record.map((r) => r.enhancedAltitude ?? r.altitude)),
    latitude: count(all.record.map((r) => (r.positionLong ? (r.positionLat * 180) / 2 ** 31 : undefined))),
    starts: all.session.map((s) => seconds(s.startTime)),
    meters: all.session.map((s) => s.totalDistance ?? 0),
    timer: all.session.map((s) => s.totalTimerTime ?? 0),
    laps: all.lap.length,
  };
}

function track(features) {
  const lines = features.filter((f) => f.geometry?.type.endsWith('LineString'));
  const each = lines.flatMap((f) => {
    const parts = f.geometry.type === 'LineString' ? [f.geometry.coordinates] : f.geometry.coordinates;
    const of = f.properties.coordinateProperties ?? {};
    const column = (values) => (f.geometry.type === 'LineString' ? [values ?? []] : values ?? parts.map(() => []));
    const times = column(of.times), hearts = column(of.heart ?? of.heartRates);
    return parts.flatMap((points, p) => points.map((point, i) => ({ point, time: times[p]?.[i], heart: hearts[p]?.[i] })));
  });
  const timed = each.filter((s) => s.time);
  return {
    samples: timed.length,
    heart_rate: count(timed.map((s) => s.heart)),
    altitude: count(timed.map((s) => s.point[2])),
    latitude: count(timed.map((s) => s.point[1])),
    starts: timed.length > 0 ? [Math.min(...timed.map((s) => seconds(s.time)))] : [],
  };
}

const asked = JSON.parse(await text(process.stdin));
const files = {};
for (const path of asked.files) {
  const bytes = readFileSync(path);
  if (path.endsWith('.fit')) {
    files[path] = fit(bytes);
    continue;
  }
  const document = new DOMParser().parseFromString(bytes.toString('utf8').trimStart(), 'text/xml');
  files[path] = track((path.endsWith('.gpx') ? gpx(document) : tcx(document)).features);
}
console.log(JSON.stringify({ files, zones: asked.places.map(([lat, lon]) => zoneAt(lat, lon)) }));
