import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

// docs/client.md leaves nothing out. The 74 items of the original API reference must each occur in a
// compiled example; every public member, event and option must at least be named in code.

const root = join(import.meta.dirname, '..');
const page = readFileSync(join(root, 'docs/client.md'), 'utf8');
const examples = examplesIn(page);

function examplesIn(text: string): string {
  return [...text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1]).join('\n');
}

/** Examples and what is marked as code in sentences and tables. */
function codeIn(text: string): string {
  const prose = text.replace(/^```[\s\S]*?^```$/gm, '');
  const marked = [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1]);
  return `${examplesIn(text)}\n${marked.join('\n')}`;
}

/** From one heading to the next. */
function section(heading: string): string {
  const [, rest] = page.split(`\n${heading}\n`);
  return rest?.split(/\n##+ /)[0] ?? '';
}

const properties =
  'id clientId state pendingReconnect pendingReconnectTimeout connectAttempts authState authToken signedAuthToken CONNECTING OPEN CLOSED AUTHENTICATED UNAUTHENTICATED'.split(
    ' ',
  );
const events =
  'error connect disconnect connectAbort close connecting raw kickOut subscribe subscribeFail unsubscribe authStateChange subscribeStateChange subscribeRequest authenticate deauthenticate message'.split(
    ' ',
  );
const methods = [
  'connect getState disconnect transmit invoke send authenticate deauthenticate',
  'listener closeListener closeAllListeners killListener killAllListeners',
  'receiver closeReceiver closeAllReceivers killReceiver killAllReceivers',
  'procedure closeProcedure closeAllProcedures killProcedure killAllProcedures',
  'getBackpressure getAllListenersBackpressure getAllReceiversBackpressure',
  'getAllProceduresBackpressure getAllChannelsBackpressure',
  'transmitPublish invokePublish subscribe unsubscribe channel subscriptions isSubscribed',
  'closeChannel channelCloseOutput channelCloseAllListeners closeAllChannels',
  'killChannel channelKillOutput channelKillAllListeners killAllChannels',
].flatMap((line) => line.split(' '));

/** Members of a class or interface of the package, as test/api.test.ts writes them down. */
function membersOf(declaration: string): string[] {
  const api = readFileSync(join(root, 'test/api/client.txt'), 'utf8').split('\n');
  const begin = api.indexOf(declaration) + 1;
  const end = api.findIndex((line, index) => index >= begin && !line.startsWith('  '));
  const members = api.slice(begin, end).map((line) => line.trim().replace(/^static /, ''));
  return begin === 0 ? [] : [...new Set(members)];
}

function mentions(text: string, name: string): boolean {
  return new RegExp(`(?<![\\w$])${name.replace(/[[\]().]/g, '\\$&')}(?![\\w$])`).test(text);
}

describe('docs/client.md', () => {
  it('shows each of the 74 documented items in a compiled example', () => {
    expect([properties.length, events.length, methods.length]).toEqual([14, 17, 43]);
    const missing = [
      ...properties.filter((name) => !mentions(examples, `socket.${name}`)),
      ...events.filter((name) => !examples.includes(`socket.listener('${name}')`)),
      ...methods.filter((name) => !examples.includes(`socket.${name}(`)),
    ];
    expect(missing).toEqual([]);
  });

  it.each([
    ['class AGClientSocket', page],
    ['class AGChannel', section('### AGChannel')],
    ['interface ClientEvents', section('## Events')],
    ['interface ClientOptions', section('### Options')],
    ['interface AutoReconnectOptions', section('### Options')],
    ['interface InvokeOptions', section('### Outbound events')],
    ['interface SubscribeOptions', section('### Subscriptions')],
    ['interface ChannelEvents', section('### Events of channels')],
    ['interface AppContract', section('## Types')],
    ['interface Platform', section('## Testing')],
  ])('names every member of %s', (declaration, text) => {
    const members = membersOf(declaration);
    expect(members).not.toEqual([]);
    const code = codeIn(text);
    expect(members.filter((name) => !mentions(code, name))).toEqual([]);
  });
});
