// Makes a bill of materials the same for every build of a commit:
//   node scripts/sbom.mjs FILE VERSION SECONDS
// It takes out what names this machine or this run, and puts in the version and the time of the commit.
import { readFileSync, writeFileSync } from "node:fs";

const [file, version, seconds] = process.argv.slice(2);
const time = new Date(Number(seconds) * 1000).toISOString().replace(".000Z", "Z");
const bom = JSON.parse(readFileSync(file, "utf8"));

delete bom.serialNumber;
delete bom.annotations; // a summary with the date of today
bom.metadata.timestamp = time;
bom.metadata.component.version = version;
for (const component of [bom.metadata.component, ...bom.components]) {
	component.properties = component.properties?.filter(({ value }) => !value.startsWith("/"));
}
bom.components.sort((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1));
bom.dependencies.sort((a, b) => (a.ref < b.ref ? -1 : 1));
// cdxgen names the file that it read by its path from some folder above.
const named = (_, value) => (typeof value === "string" && value.endsWith("/go.mod") ? "go.mod" : value);
writeFileSync(file, JSON.stringify(bom, named, 1) + "\n");
