import { type PublishedClient, type PublishedServer, publishedServers } from './support/peers.js';

/** What a published package does otherwise, and how its run of the duty has to fail. */
export interface Difference {
  /** Title of the duty. */
  duty: string;
  peers: readonly (PublishedServer | PublishedClient)[];
  /** Matches the failure; a run that passes, or fails otherwise, fails the suite. */
  failure: RegExp;
  reason: string;
}

const allServers = Object.keys(publishedServers) as PublishedServer[];
const client14 = ['socketcluster-client 14.3.2'] as const;
const streamClients = [
  'socketcluster-client 16.1.1',
  'socketcluster-client 20.0.2',
  'asyngular-client 6.2.4',
] as const;
const allClients = [...client14, ...streamClients];

export const differences: readonly Difference[] = [
  {
    duty: 'an answer to the client never overtakes a transmit',
    peers: allServers,
    failure: /\[ 'answer', 'before'/,
    reason: 'The server queues transmits but sends answers at once, so that answers overtake.',
  },
  {
    duty: 'heartbeat of version 2',
    peers: client14,
    failure: /speaks protocol version 1 only/,
    reason: 'SocketCluster 14 has no version 2.',
  },
  {
    duty: 'messages are a sign of life to the server',
    peers: ['socketcluster-server 15.0.1', 'socketcluster-server 17.4.1', 'asyngular-server 6.2.1'],
    failure: /\[ 4001/,
    reason: 'The server counts pongs only and closes with 4001 although messages arrive.',
  },
  {
    duty: 'a server without pings keeps its clients',
    peers: allServers,
    failure: /code: 4000/,
    reason: 'The server advertises its pingTimeout though it sends no pings; clients give up.',
  },
  {
    duty: 'a client that is slow to load its token gets in',
    peers: allServers,
    failure: /4009/,
    reason: 'The server pings before the handshake and takes the pong for a breach of protocol.',
  },
  {
    duty: 'a call that the server does not serve is refused',
    peers: allServers,
    failure: /expected 'TimeoutError' to be 'NoHandlerError'/,
    reason: 'The server gives no answer; the timeout of the caller ends the call.',
  },
  {
    duty: 'a call that the client does not serve is refused',
    peers: [...allServers, ...allClients],
    failure: /expected 'TimeoutError' to be 'NoHandlerError'/,
    reason:
      'Both ends have to name the extension; without it, the timeout of the caller ends the call.',
  },
  {
    duty: 'an inherited error name reaches the client',
    peers: allServers,
    failure: /expected 'Error' to be 'InheritedNameError'/,
    reason: 'Only own names of errors are sent.',
  },
  {
    duty: 'an inherited error name reaches the server',
    peers: allClients,
    failure: /expected 'Error' to be 'InheritedNameError'/,
    reason: 'Only own names of errors are sent.',
  },
  {
    duty: 'an error that is 0 is an error',
    peers: allClients,
    failure: /was answered with undefined instead of an error/,
    reason: 'The client takes falsy errors for success.',
  },
  {
    duty: 'a blocked handshake closes with the code of its error',
    peers: client14,
    failure: /code: 4003/,
    reason:
      'The client reads the code from a place that no later server fills, and closes with 4003.',
  },
  {
    duty: 'a blocked handshake without a code closes with 4008',
    peers: client14,
    failure: /code: 4003/,
    reason:
      'The client reads the code from a place that no later server fills, and closes with 4003.',
  },
  {
    duty: 'pending subscriptions are sent by priority',
    peers: client14,
    failure: /\[ 'low', 'high', 'middle' \]/,
    reason: 'The channel options of SocketCluster 14 know no priority.',
  },
  {
    duty: 'only an accepted token is stored',
    peers: allClients,
    failure: /to be null/,
    reason: 'The client stores a token before it looks whether it was accepted.',
  },
  {
    duty: 'subscription data may be 0',
    peers: allClients,
    failure: /expected undefined to be \+0/,
    reason: 'The client leaves falsy subscription data out.',
  },
  {
    duty: 'continuous batching of the client',
    peers: client14,
    failure: /has no continuous batching/,
    reason: 'SocketCluster 14 batches subscriptions only.',
  },
  {
    duty: 'typed arrays of the client become placeholders',
    peers: allClients,
    failure: /'0': 1/,
    reason: 'Typed arrays are sent as objects of their indices.',
  },
  {
    duty: 'typed arrays of the server become placeholders',
    peers: allServers,
    failure: /'0': 1/,
    reason: 'Typed arrays are sent as objects of their indices.',
  },
  {
    duty: 'names such as __proto__ are ordinary in calls and transmits',
    peers: ['socketcluster-server 20.0.1'],
    failure: /the process would end: .*createConsumer is not a function/,
    reason: 'A transmit named __proto__ ends the process of the server by an unhandled rejection.',
  },
  {
    duty: 'names such as __proto__ are ordinary in calls and transmits',
    peers: allClients,
    failure: /the process would end: .* is not a function/,
    reason: 'A transmit named __proto__ ends the process of the client by an uncaught exception.',
  },
  {
    duty: 'names such as __proto__ are ordinary channels',
    peers: allServers,
    failure: /Object.prototype was written to/,
    reason: 'A subscription to __proto__ writes the socket onto Object.prototype of the server.',
  },
  {
    duty: 'names such as __proto__ are ordinary channels',
    peers: allClients,
    failure: /in vain for subscription of '__proto__'|the process would end/,
    reason: 'The client takes __proto__ for a channel that it has, or ends its process.',
  },
  {
    duty: 'clients of both versions on one server',
    peers: allServers,
    failure: /4001/,
    reason: 'The server speaks one version, by option, and drops clients of the other with 4001.',
  },
  {
    duty: 'an answer to the client that cannot be encoded is an error',
    peers: allServers,
    failure: /not to be 'TimeoutError'/,
    reason: 'What cannot be encoded is not sent, and the caller learns by its timeout.',
  },
  {
    duty: 'an answer to the server that cannot be encoded is an error',
    peers: allClients,
    failure: /not to be 'TimeoutError'/,
    reason: 'What cannot be encoded is not sent, and the caller learns by its timeout.',
  },
  {
    duty: 'an error that holds itself reaches the client',
    peers: allServers,
    failure: /to deeply equal \{ '\$ref': '\$' \}/,
    reason: 'The server sends a copy of the error before it refers back, one level deeper.',
  },
  {
    duty: 'a second handshake is refused',
    peers: allServers,
    failure: /was answered with .*"pingTimeout"/,
    reason: 'The server shakes hands again and counts the client twice.',
  },
  {
    duty: 'a token that is no text is ignored',
    peers: allClients,
    failure: /saw \["connect","authenticate"/,
    reason: 'The client becomes authenticated by a message without a token.',
  },
  {
    duty: 'giving a token up is answered when asked to',
    peers: allServers,
    failure: /#removeAuthToken event timed out/,
    reason: 'The server never answers #removeAuthToken.',
  },
  {
    duty: '#authenticate without a call id is closed with 4008',
    peers: ['socketcluster-server 15.0.1', 'socketcluster-server 17.4.1', 'asyngular-server 6.2.1'],
    failure: /client event disconnect ×1; saw \["connect","raw"\]/,
    reason: 'Servers before SocketCluster 18 answer without a rid; the client sees a raw message.',
  },
  {
    duty: '#subscribe without a call id is ignored and reported',
    peers: allServers,
    failure: /server event warning ×1; saw \["connection"\]/,
    reason: 'The server ignores it without a word.',
  },
  {
    duty: 'a subscription that was not sent is not taken back',
    peers: allClients,
    failure: /not to contain '#unsubscribe'/,
    reason: 'The client unsubscribes channels that it never asked for.',
  },
  {
    duty: 'a channel that is no text is refused',
    peers: ['socketcluster-server 15.0.1', 'socketcluster-server 17.4.1', 'asyngular-server 6.2.1'],
    failure: /expected 'BrokerError' to be 'InvalidActionError'/,
    reason: 'Servers before SocketCluster 18 refuse it as a BrokerError.',
  },
  {
    duty: 'a batch of the server loses only what cannot be encoded',
    peers: allServers,
    failure: /in vain for the others/,
    reason: 'The server loses the whole batch.',
  },
  {
    duty: 'a reason of the server that is an object',
    peers: allServers,
    failure: /must be of type string|\[ 4567, '' \]/,
    reason: 'The server throws, or sends no reason.',
  },
  {
    duty: 'a reason of the server that is an object',
    peers: allClients,
    failure: /\[ 4567, '\{"why":"closing time"\}' \]/,
    reason: 'The client hands the JSON text over as it came.',
  },
  {
    duty: 'a reason of the server that is too long is cut',
    peers: allServers,
    failure: /must not be greater than 123 bytes/,
    reason: 'A reason beyond 123 bytes throws, and the connection stays open.',
  },
  {
    duty: 'a reason of the client that is too long is cut',
    peers: streamClients,
    failure: /must not be greater than 123 bytes/,
    reason: 'A reason beyond 123 bytes throws, and the connection stays open.',
  },
  {
    duty: 'a reason of the client that is too long is cut',
    peers: client14,
    failure: /expected 'é+.*' to be 'é+.*'/,
    reason: 'Version 1 sends the reason in a packet, whole, ahead of the close.',
  },
  {
    duty: 'version 1: a channel name in place of the #subscribe object',
    peers: allServers,
    failure: /malformat/,
    reason: 'The option for version 1 changes the heartbeat only.',
  },
];

export function differenceOf(duty: string, peer: string): Difference | undefined {
  return differences.find((it) => it.duty === duty && it.peers.some((name) => name === peer));
}
