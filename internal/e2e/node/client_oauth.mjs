// The official TypeScript clients, connecting without a key, as hosts do that know only OAuth:
//   node client_oauth.mjs v1|v2 URL KEY
// They find the authorization server, register, and ask for access; this script is the person who gives it, with KEY.
// Then it calls a tool, with the first token and with a refreshed one. Prints one JSON object: what it found and got.
const [version, url, key] = process.argv.slice(2);
const v1 = async () => ({
  ...(await import('@modelcontextprotocol/sdk/client/index.js')),
  ...(await import('@modelcontextprotocol/sdk/client/streamableHttp.js')),
  ...(await import('@modelcontextprotocol/sdk/client/auth.js')),
});
const { Client, StreamableHTTPClientTransport, UnauthorizedError } = await (version === 'v1' ? v1() : import('@modelcontextprotocol/client'));

const redirectUrl = 'http://localhost:33418/callback';
const kept = { saved: 0 };
const provider = {
  redirectUrl,
  clientMetadata: {
    client_name: 'foreign-ts', redirect_uris: [redirectUrl], grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'], token_endpoint_auth_method: 'none',
  },
  state: () => 'a state',
  clientInformation: () => kept.client,
  saveClientInformation: (c) => { kept.client = c; },
  tokens: () => kept.tokens,
  saveTokens: (t) => { kept.tokens = t; kept.saved++; },
  redirectToAuthorization: (u) => { kept.page = u; },
  saveCodeVerifier: (v) => { kept.verifier = v; },
  codeVerifier: () => kept.verifier,
};

// consent does what a person with a browser does, and returns the code that comes back.
async function consent(page) {
  const shown = await fetch(page, { redirect: 'manual' });
  const html = await shown.text();
  const request = html.match(/name="request" value="([^"]+)"/)[1];
  const sent = await fetch(new URL('/oauth/authorize', page), {
    method: 'POST', redirect: 'manual', headers: { cookie: shown.headers.get('set-cookie').split(';')[0] },
    body: new URLSearchParams({ request, key, decision: 'allow' }),
  });
  const back = new URL(sent.headers.get('location'));
  if (back.searchParams.get('state') !== 'a state') throw new Error(`the answer is ${back}`);
  return back.searchParams;
}

const connect = async () => {
  const transport = new StreamableHTTPClientTransport(new URL(url), { authProvider: provider });
  const client = new Client({ name: 'foreign-ts', version: '1' });
  try {
    await client.connect(transport);
  } catch (err) {
    if (!(err instanceof UnauthorizedError)) throw err;
    const answer = await consent(kept.page);
    await transport.finishAuth(version === 'v1' ? answer.get('code') : answer);
    return connect();
  }
  return client;
};
const client = await connect();
const first = await client.callTool({ name: 'get_activities', arguments: { limit: 1 } });
const before = kept.tokens;
kept.tokens = { ...kept.tokens, access_token: 'pot_worn' };
const second = await client.callTool({ name: 'get_activities', arguments: { limit: 1 } });
console.log(JSON.stringify({
  scope: before.scope,
  total: first.structuredContent?.total_count,
  refreshed: second.structuredContent?.total_count === first.structuredContent?.total_count && kept.tokens.refresh_token !== before.refresh_token,
  saved: kept.saved,
}));
await client.close();
