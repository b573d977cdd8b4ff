import { type Mistake, STACK } from './mistake.js';

const listen = `import { listen } from '@asyngular/server';

`;
const create = `import { create } from '@asyngular/client';

`;
const plainServer = `${listen}listen(8000, { authKey: 'our secret' });
`;
const plainClient = `${create}create({ hostname: 'localhost', port: 8000 });
`;
const tlsServer = `import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { attach } from '@asyngular/server';

const [key, cert] = [readFileSync('key.pem'), readFileSync('cert.pem')];
const httpsServer = createServer({ key, cert });
attach(httpsServer, { authKey: 'our secret' });
httpsServer.listen(8000);
`;
const foreignToken =
  "'eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiQW5uIn0.PuoPLcUX7s4Nn5NEi65sTVxNjzkLN2hd6ofLn4KrEAo'";

/** What the client says in a page, where it does not learn why. */
function hidden(url: string): string {
  const tls = url.startsWith('ws:')
    ? 'speaks TLS (use wss://, or secure: true)'
    : 'does not speak TLS, or has a certificate that the browser does not trust';
  return `Could not connect to ${url}; the browser says why in a line of its own, which scripts do not get. Likely causes: no server is running there, the path is wrong, the "origins" option of the server refused this page, or the server ${tls}`;
}

const unknownCause = (url: string) => `asyngular: SocketProtocolError: ${hidden(url)}`;

export const connecting: readonly Mistake[] = [
  {
    title: 'The server is down',
    client: plainClient,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/asyngular/: ECONNREFUSED (is the server running, and is the port right?)',
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/asyngular/' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
        unknownCause('ws://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'A call while the server is down',
    client: `${create}const socket = create({ hostname: 'localhost', port: 8000 });
await socket.invoke('greet', 'Ada');
`,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/asyngular/: ECONNREFUSED (is the server running, and is the port right?)',
        'BadConnectionError: Event greet was aborted due to a bad connection: Could not connect to ws://localhost:8000/asyngular/: ECONNREFUSED (is the server running, and is the port right?); with waitForConnection it would have waited',
        STACK,
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/asyngular/' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
        unknownCause('ws://localhost:8000/asyngular/'),
        `Uncaught BadConnectionError: Event greet was aborted due to a bad connection: ${hidden('ws://localhost:8000/asyngular/')}; with waitForConnection it would have waited`,
      ],
    },
  },
  {
    title: 'The port is wrong',
    server: plainServer,
    client: `${create}create({ hostname: 'localhost', port: 6379 });
`,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:6379/asyngular/: ECONNREFUSED (is the server running, and is the port right?)',
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:6379/asyngular/' failed: Error in connection establishment: net::ERR_CONNECTION_REFUSED",
        unknownCause('ws://localhost:6379/asyngular/'),
      ],
    },
  },
  {
    title: 'The path is wrong',
    server: plainServer,
    client: `${create}create({ hostname: 'localhost', port: 8000, path: '/chat/' });
`,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/chat/: the server answered 400 to the upgrade: is the path right?',
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/chat/' failed: Error during WebSocket handshake: Unexpected response code: 400",
        unknownCause('ws://localhost:8000/chat/'),
      ],
    },
  },
  {
    title: 'The upgrade is answered with 401',
    server: `${listen}const server = listen(8000, { authKey: 'our secret' });
server.use('handshake', (action) => action.type !== 'handshakeWS');
`,
    client: plainClient,
    seen: {
      server: [
        "asyngular: SilentMiddlewareBlockedError: The handshakeWS AGAction was blocked by handshake middleware; to handle this in code, read server.listener('warning')",
      ],
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/asyngular/: the server answered 401 to the upgrade: it wants credentials that the request has not',
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/asyngular/' failed: HTTP Authentication failed; no valid credentials available",
        unknownCause('ws://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'The origin of the page is refused with 403',
    server: `${listen}listen(8000, { authKey: 'our secret', origins: 'https://chat.example' });
`,
    client: plainClient,
    seen: {
      server: [
        "asyngular: ServerProtocolError: Failed to authorize socket handshake - Invalid origin: http://localhost:3000; if it is a page of yours, add it to the origins option; to handle this in code, read server.listener('warning')",
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/asyngular/' failed: Error during WebSocket handshake: Unexpected response code: 403",
        unknownCause('ws://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'A program that names no origin is refused with 403',
    server: `${listen}listen(8000, { authKey: 'our secret', origins: 'https://chat.example' });
`,
    client: plainClient,
    seen: {
      server: [
        "asyngular: ServerProtocolError: Failed to authorize socket handshake - Invalid origin: *; the request names no page, as those of programs; accept it in a function as the origins option; to handle this in code, read server.listener('warning')",
      ],
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/asyngular/: the server answered 403 to the upgrade: has the "origins" option of the server, or what stands before it, refused this client?',
      ],
    },
  },
  {
    title: 'The server is full: 503',
    server: `${listen}listen(8000, { authKey: 'our secret', maxClients: 1 });
`,
    client: `${create}for (let n = 0; n < 2; n++) create({ hostname: 'localhost', port: 8000 });
`,
    seen: {
      server: [
        "asyngular: ResourceLimitError: Clients are refused with HTTP 503: Too many clients (see the option maxClients; server.stats().limits counts them); to handle this in code, read server.listener('warning')",
      ],
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/asyngular/: the server answered 503 to the upgrade: it is full, or about to end: later attempts may succeed',
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/asyngular/' failed: Error during WebSocket handshake: Unexpected response code: 503",
        unknownCause('ws://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'The certificate is self-signed',
    server: tlsServer,
    client: `${create}create({ hostname: 'localhost', port: 8000, secure: true });
`,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to wss://localhost:8000/asyngular/: DEPTH_ZERO_SELF_SIGNED_CERT (self-signed certificate: pass it as wsOptions.ca)',
      ],
      chromium: [
        "WebSocket connection to 'wss://localhost:8000/asyngular/' failed: Error in connection establishment: net::ERR_CERT_AUTHORITY_INVALID",
        unknownCause('wss://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'ws:// to a server with TLS',
    server: tlsServer,
    client: plainClient,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to ws://localhost:8000/asyngular/: ECONNRESET (the server hung up: does it speak TLS? Then use wss://, or secure: true)',
      ],
      chromium: [
        "WebSocket connection to 'ws://localhost:8000/asyngular/' failed: Connection closed before receiving a handshake response",
        unknownCause('ws://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'wss:// to a server without TLS',
    server: plainServer,
    client: `${create}create({ hostname: 'localhost', port: 8000, secure: true });
`,
    seen: {
      node: [
        'asyngular: SocketProtocolError: Could not connect to wss://localhost:8000/asyngular/: EPROTO (the server does not speak TLS: use ws://, or secure: false)',
      ],
      chromium: [
        "WebSocket connection to 'wss://localhost:8000/asyngular/' failed: Error in connection establishment: net::ERR_SSL_PROTOCOL_ERROR",
        unknownCause('wss://localhost:8000/asyngular/'),
      ],
    },
  },
  {
    title: 'authenticate() with a token that another key signed',
    server: plainServer,
    client: `${create}const socket = create({ hostname: 'localhost', port: 8000, waitForConnection: true });
await socket.authenticate(
  ${foreignToken},
);
`,
    seen: {
      server: [
        "asyngular: AuthTokenInvalidError: invalid signature; do all servers that sign tokens have one authKey? (socket …); to handle this in code, read server.listener('warning')",
      ],
      node: ['Error [AuthTokenInvalidError]: invalid signature', STACK],
      chromium: ['Uncaught AuthTokenInvalidError: invalid signature'],
    },
  },
  {
    title: 'A stored token that another key signed',
    server: plainServer,
    client: `${create}const storage = {
  loadToken: () =>
    ${foreignToken},
  saveToken() {},
  removeToken() {},
};
create({ hostname: 'localhost', port: 8000, authEngine: storage });
`,
    seen: {
      server: [
        "asyngular: AuthTokenInvalidError: invalid signature; do all servers that sign tokens have one authKey? (socket …); to handle this in code, read server.listener('warning')",
      ],
      node: [
        'asyngular: the server did not accept the stored token: AuthTokenInvalidError: invalid signature',
      ],
      chromium: [
        'asyngular: the server did not accept the stored token: AuthTokenInvalidError: invalid signature',
      ],
    },
  },
  {
    title: 'A login without an authKey',
    server: `${listen}const server = listen(8000);
server.handle('login', (name, { socket }) => socket.setAuthToken({ name }));
`,
    client: `${create}const socket = create({ hostname: 'localhost', port: 8000, waitForConnection: true });
await socket.invoke('login', 'Ada');
`,
    seen: {
      server: [
        "asyngular: InvalidArgumentsError: No authKey was given, so tokens are signed with a random key: they end with this process and mean nothing to others. Set authKey (or authPrivateKey and authPublicKey); to handle this in code, read server.listener('warning')",
      ],
    },
  },
];
