// The official TypeScript client, version 2, in either protocol era:
//   node client_v2.mjs legacy|modern http URL KEY
//   node client_v2.mjs legacy|modern stdio COMMAND ARGS…
// Prints one JSON object: what it negotiated, listed and got.
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';

const [era, how, where, ...rest] = process.argv.slice(2);
const transport = how === 'http'
  ? new StreamableHTTPClientTransport(new URL(where), { requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } } })
  : new StdioClientTransport({ command: where, args: rest, env: process.env });
const mode = era === 'modern' ? { pin: '2026-07-28' } : 'legacy';
const client = new Client({ name: 'foreign-v2', version: '1' }, { versionNegotiation: { mode } });
await client.connect(transport);
const { tools } = await client.listTools();
const call = await client.callTool({ name: 'get_activities', arguments: { limit: 1 } });
let refusal;
try {
  refusal = await client.callTool({ name: 'get_activities', arguments: { limit: -1 } });
} catch (err) {
  refusal = { thrown: String(err) };
}
console.log(JSON.stringify({
  server: client.getServerVersion()?.name,
  tools: tools.map((t) => t.name),
  total: call.structuredContent?.total_count,
  refused: refusal.isError === true,
}));
await client.close();
