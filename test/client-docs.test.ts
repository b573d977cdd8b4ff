import { describe, expect, it } from 'vitest';
import { codeIn, DocsPage, membersOf, mentions } from './support/docs-page.js';

// docs/client.md, the reference, leaves nothing out, and docs/client-guide.md nearly everything. The 74 items of the original API reference must each occur in a
// compiled example; every public member, event and option must at least be named in code.

const page = new DocsPage('client.md');
const { examples } = page;
const guide = new DocsPage('client-guide.md');

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
    ['class AGClientSocket', page.text],
    ['class AGChannel', page.section('### AGChannel')],
    ['interface ClientEvents', page.section('## Events')],
    ['interface ClientOptions', page.section('### Options')],
    ['interface AutoReconnectOptions', page.section('### Options')],
    ['interface InvokeOptions', page.section('### Outbound events')],
    ['interface SubscribeOptions', page.section('### Subscriptions')],
    ['interface ChannelEvents', page.section('### Events of channels')],
    ['interface AppContract', page.section('## Types')],
    ['interface Platform', page.section('## Testing')],
  ])('names every member of %s', (declaration, text) => {
    const members = membersOf('client', declaration);
    expect(members).not.toEqual([]);
    const code = codeIn(text);
    expect(members.filter((name) => !mentions(code, name))).toEqual([]);
  });
});

describe('docs/client-guide.md', () => {
  it('names no more of the socket than a first day needs', () => {
    const named = membersOf('client', 'class AGClientSocket').filter((name) =>
      mentions(codeIn(guide.text), `socket.${name}`),
    );
    expect(named.length).toBeGreaterThan(10);
    expect(named.length).toBeLessThan(25);
  });
});
