// The official TypeScript client as an application that acts for one of its athletes:
//   node client_athlete.mjs URL KEY ATHLETE
// Prints what get_activities answers.
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

const [url, key, athlete] = process.argv.slice(2);
const client = new Client({ name: 'app', version: '1' });
await client.connect(new StreamableHTTPClientTransport(new URL(url), {
  requestInit: { headers: { Authorization: `Bearer ${key}`, 'X-Pierre-Athlete': athlete } },
}));
const page = await client.callTool({ name: 'get_activities', arguments: {} });
console.log(JSON.stringify(page.structuredContent));
await client.close();
