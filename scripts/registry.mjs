// Writes server.json, by which the MCP registry finds a release's bundles:
//   node scripts/registry.mjs FOLDER VERSION URL
// FOLDER holds the bundles, which will be at URL. The registry's clients choose one by its name, and check its SHA-256.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const [folder, version, url] = process.argv.slice(2);
const server = JSON.parse(readFileSync(new URL("../install/bundle/server.json", import.meta.url), "utf8"));
const [sample] = server.packages;

server.version = version;
server.packages = readdirSync(folder).filter((name) => name.endsWith(".mcpb")).sort().map((name) => ({
	...sample,
	identifier: `${url}/${name}`,
	version,
	fileSha256: createHash("sha256").update(readFileSync(join(folder, name))).digest("hex"),
}));
if (server.packages.length === 0) throw new Error(`there are no bundles in ${folder}`);
writeFileSync(join(folder, "server.json"), JSON.stringify(server, null, 2) + "\n");
