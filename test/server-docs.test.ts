import { describe, expect, it } from 'vitest';
import { codeIn, DocsPage, membersOf, mentions } from './support/docs-page.js';

// docs/server.md, docs/authentication.md and docs/middleware.md leave nothing out: every public member,
// event and option of the server is at least named in code, where one looks for it.

const server = new DocsPage('server.md');
const authentication = new DocsPage('authentication.md');
const middleware = new DocsPage('middleware.md');
const guides = [server, authentication, middleware].map((page) => page.text).join('\n');

/** Inherited, and told where they are at home. */
const elsewhere = new Set(['triggerAuthenticationEvents']);

describe('the guides of the server', () => {
  it.each<[string, string]>([
    ['class AGServer', guides],
    ['class AGServerSocket', guides],
    ['class AGExchange', server.section('### The exchange') + codeOfStreams()],
    ['class AGBrokerEngine', server.section('### The exchange') + codeOfStreams()],
    ['interface BrokerEngineEvents', server.section('### The exchange')],
    ['interface DrainOptions', server.section('## The server object')],
    ['interface DrainResult', server.section('## The server object')],
    ['interface ServerHealth', server.section('### Health')],
    ['class AGRequest', server.section('### Requests')],
    ['interface AGServerOptions', server.section('### Options')],
    ['interface ServerEvents', server.section('## Events')],
    ['interface SocketEvents', server.section('## Events')],
    ['interface ExchangeEvents', server.section('### The exchange')],
    ['interface ServerStats', server.section('### Measuring')],
    ['interface HistoryStats', server.section('### Measuring')],
    ...['class AGUser', 'class AGFleet', 'interface Reached', 'interface FleetSockets'].map(
      (name): [string, string] => [name, server.section('### People and the fleet')],
    ),
    ['interface SocketStats', server.section('### Measuring')],
    ['interface InvokeOptions', server.section('### To the client')],
    ['interface HandlerContext', server.section('## Messages and calls')],
    ['interface HandlerOptions', server.section('## Messages and calls')],
    ['interface SetAuthTokenOptions', authentication.section('## Setting a token')],
    ['interface SignTokenOptions', authentication.section('## Setting a token')],
    ['interface VerifyTokenOptions', authentication.section('### Changing keys')],
    ['interface AuthEngine', authentication.section('### An engine of your own')],
    ['interface AllowPacket', middleware.section('### Allowing')],
    ['interface InboundMiddlewareOptions', middleware.section('### Asking for certain actions')],
    [
      'interface ChannelPatternOptions',
      server.section('### Channels with history') + server.section('### Who is in a channel'),
    ],
    ['interface PresenceStats', server.section('### Measuring')],
    ['interface ChannelMembers', server.section('### Who is in a channel')],
    ['interface EnteredMember', server.section('### Who is in a channel')],
    ['interface PresencePatternOptions', server.section('### Who is in a channel')],
    ['interface HistoryKeepOptions', server.section('### Channels with history')],
    ...actionNames().map((name): [string, string] => [`interface ${name}`, middleware.text]),
  ])('name every member of %s', (declaration, text) => {
    const members = membersOf('server', declaration);
    expect(members).not.toEqual([]);
    const code = codeIn(text);
    const missing = members.filter((name) => !mentions(code, name) && !elsewhere.has(name));
    expect(missing).toEqual([]);
  });

  it('name every line, action and class', () => {
    const missing = membersOf('server', 'interface MiddlewareActions').filter(
      (line) => !mentions(codeIn(middleware.text), `'${line}'`),
    );
    expect(missing).toEqual([]);
    for (const name of ['AGServer', 'AGServerSocket', 'AGExchange', 'AGRequest', 'AGAction']) {
      expect(mentions(codeIn(guides), name), name).toBe(true);
    }
  });
});

/** The exchange's own events have the methods that all emitters have. */
function codeOfStreams(): string {
  return server.section('## Streams of the socket');
}

function actionNames(): string[] {
  return ['HandshakeWS', 'HandshakeAG', 'Message', 'Transmit', 'Invoke', 'Subscribe']
    .concat(['PublishIn', 'PublishOut', 'Authenticate', 'History', 'Presence'])
    .map((kind) => `${kind}Action`);
}

describe('docs/server-guide.md', () => {
  it('names no more of the server than a first day needs', () => {
    const code = codeIn(new DocsPage('server-guide.md').text);
    const named = membersOf('server', 'class AGServer').filter((name) =>
      mentions(code, `server.${name}`),
    );
    expect(named.length).toBeGreaterThan(5);
    expect(named.length).toBeLessThan(20);
  });
});
