// The official JavaScript client of Agent2Agent (A2A):
//   node client_a2a.mjs ORIGIN KEY
// Finds the agent by its card, and prints one JSON object: what it was answered, as a message and as a stream.
import { Role } from '@a2a-js/sdk';
import { ClientFactory, ClientFactoryOptions, DefaultAgentCardResolver, JsonRpcTransportFactory } from '@a2a-js/sdk/client';
import { randomUUID } from 'node:crypto';

const [origin, key] = process.argv.slice(2);
const connect = (bearer) => {
  const fetchImpl = (url, init = {}) => {
    const headers = new Headers(init.headers);
    headers.set('Authorization', `Bearer ${bearer}`);
    return fetch(url, { ...init, headers });
  };
  return new ClientFactory(ClientFactoryOptions.createFrom(ClientFactoryOptions.default, {
    transports: [new JsonRpcTransportFactory({ fetchImpl })], cardResolver: new DefaultAgentCardResolver({ fetchImpl }),
  })).createFromUrl(origin);
};
const part = ($case, value) => ({ content: { $case, value }, metadata: undefined, filename: '', mediaType: '' });
const message = (...parts) => ({
  tenant: '', configuration: undefined, metadata: undefined,
  message: { messageId: randomUUID(), contextId: '', taskId: '', role: Role.ROLE_USER, parts, metadata: undefined, extensions: [], referenceTaskIds: [] },
});
const dataOf = (m) => m?.parts?.find((p) => p.content.$case === 'data')?.content.value;
const failure = (promise) => promise.then(() => '', (e) => e.constructor.name);

const client = await connect(key);
const card = await client.getAgentCard();
const asked = message(part('data', { tool: 'get_activities', arguments: { limit: 1 } }));
const answer = await client.sendMessage(asked);
const events = [];
for await (const event of client.sendMessageStream(message(part('text', 'get_activities')))) events.push(event);
const list = await client.listTasks({ tenant: '', contextId: '', status: 0, pageToken: '', historyLength: undefined, includeArtifacts: undefined, statusTimestampAfter: undefined, pageSize: undefined });
console.log(JSON.stringify({
  name: card.name, skills: card.skills.map((s) => s.id), total: dataOf(answer)?.total_count,
  events: events.length, streamed: dataOf(events[0]?.payload?.value ?? events[0])?.total_count, tasks: list.tasks?.length, size: list.pageSize,
  task: await failure(client.getTask({ tenant: '', id: 'x', historyLength: undefined })),
  refused: await failure(client.sendMessage(message(part('data', { tool: 1 })))),
  stranger: await failure(connect('pk_live_wrong').then((c) => c.sendMessage(message(part('text', 'get_activities'))))),
}));
