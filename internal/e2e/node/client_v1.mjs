// The official TypeScript client, version 1 (protocols up to 2025-11-25), run against our server and bridge:
//   node client_v1.mjs http URL KEY          straight to the server
//   node client_v1.mjs stdio COMMAND ARGS…   through the bridge
// Prints one JSON object: what it negotiated, listed and got.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [how, where, ...rest] = process.argv.slice(2);
const transport = how === 'http'
  ? new StreamableHTTPClientTransport(new URL(where), { requestInit: { headers: { Authorization: `Bearer ${rest[0]}` } } })
  : new StdioClientTransport({ command: where, args: rest, env: process.env });
const client = new Client({ name: 'foreign-v1', version: '1' });
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
