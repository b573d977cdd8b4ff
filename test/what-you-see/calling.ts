import { type Mistake, STACK } from './mistake.js';

const socket = `import { create } from '@asyngular/client';

const socket = create({ hostname: 'localhost', port: 8000, waitForConnection: true });
`;
const server = `import { listen } from '@asyngular/server';

const server = listen(8000, { authKey: 'our secret' });
`;
const blocking = (type: string) =>
  `${server}server.use('inbound', (action) => action.type !== '${type}');
`;

export const calling: readonly Mistake[] = [
  {
    title: 'Middleware blocks a call',
    server: blocking('invoke'),
    client: `${socket}await socket.invoke('greet', 'Ada');
`,
    seen: {
      server: [
        `asyngular: SilentMiddlewareBlockedError: The invoke AGAction was blocked by inbound middleware (procedure "greet", socket …); to handle this in code, read server.listener('warning')`,
      ],
      node: [
        'Error [SilentMiddlewareBlockedError]: The invoke AGAction was blocked by inbound middleware',
        STACK,
      ],
      chromium: [
        'Uncaught SilentMiddlewareBlockedError: The invoke AGAction was blocked by inbound middleware',
      ],
    },
  },
  {
    title: 'Middleware blocks a one-way message',
    server: blocking('transmit'),
    client: `${socket}socket.transmit('say', 'hi');
`,
    seen: {
      server: [
        `asyngular: SilentMiddlewareBlockedError: The transmit AGAction was blocked by inbound middleware (receiver "say", socket …); to handle this in code, read server.listener('warning')`,
      ],
      node: [],
      chromium: [],
    },
    remark:
      'The client learns nothing, because a one-way message has no answer. Use `invoke()` or `invokePublish()` to know.',
  },
  {
    title: 'Middleware blocks a publication',
    server: blocking('publishIn'),
    client: `${socket}socket.transmitPublish('news', 'It rains');
`,
    seen: {
      server: [
        `asyngular: SilentMiddlewareBlockedError: The publishIn AGAction was blocked by inbound middleware (channel "news", socket …); to handle this in code, read server.listener('warning')`,
      ],
      node: [],
      chromium: [],
    },
    remark:
      'The client learns nothing, because a one-way message has no answer. Use `invoke()` or `invokePublish()` to know.',
  },
  {
    title: 'Middleware blocks a publication that is a call',
    server: blocking('publishIn'),
    client: `${socket}await socket.invokePublish('news', 'It rains');
`,
    seen: {
      server: [
        `asyngular: SilentMiddlewareBlockedError: The publishIn AGAction was blocked by inbound middleware (channel "news", socket …); to handle this in code, read server.listener('warning')`,
      ],
      node: [
        'Error [SilentMiddlewareBlockedError]: The publishIn AGAction was blocked by inbound middleware',
        STACK,
      ],
      chromium: [
        'Uncaught SilentMiddlewareBlockedError: The publishIn AGAction was blocked by inbound middleware',
      ],
    },
  },
  {
    title: 'Middleware blocks a subscription',
    server: blocking('subscribe'),
    client: `${socket}for await (const item of socket.subscribe('news')) console.log(item);
`,
    seen: {
      server: [
        `asyngular: SilentMiddlewareBlockedError: The subscribe AGAction was blocked by inbound middleware (channel "news", socket …); to handle this in code, read server.listener('warning')`,
      ],
      node: [
        "asyngular: the server refused the subscription to 'news': SilentMiddlewareBlockedError: The subscribe AGAction was blocked by inbound middleware; await channel.subscribed() to know",
      ],
      chromium: [
        "asyngular: the server refused the subscription to 'news': SilentMiddlewareBlockedError: The subscribe AGAction was blocked by inbound middleware; await channel.subscribed() to know",
      ],
    },
  },
  {
    title: 'A call with 2 MB',
    server: `${server}server.handle('store', (text) => text.length);
`,
    client: `${socket}await socket.invoke('store', 'x'.repeat(2_000_000));
`,
    seen: {
      node: [
        "ResourceLimitError: Event store was not sent: 2000050 bytes exceed the peer's maxPayload, 1048576; send less at a time, or raise the server's maxPayload option",
        STACK,
      ],
      chromium: [
        "Uncaught ResourceLimitError: Event store was not sent: 2000050 bytes exceed the peer's maxPayload, 1048576; send less at a time, or raise the server's maxPayload option",
      ],
    },
  },
  {
    title: 'A one-way message of 2 MB',
    server: `${server}server.handleTransmit('say', (text) => console.log(text));
`,
    client: `${socket}socket.transmit('say', 'x'.repeat(2_000_000));
`,
    seen: {
      node: [
        "asyngular: ResourceLimitError: Event say was not sent: 2000025 bytes exceed the peer's maxPayload, 1048576; send less at a time, or raise the server's maxPayload option",
      ],
      chromium: [
        "asyngular: ResourceLimitError: Event say was not sent: 2000025 bytes exceed the peer's maxPayload, 1048576; send less at a time, or raise the server's maxPayload option",
      ],
    },
  },
  {
    title: 'A message of 2 MB from a client that does not know the limit',
    server,
    client: `const socket = new WebSocket('ws://localhost:8000/asyngular/');
socket.onopen = () => {
  socket.send(JSON.stringify({ event: '#handshake', data: {}, cid: 1 }));
  socket.send(JSON.stringify({ event: 'say', data: 'x'.repeat(2_000_000) }));
};
socket.onclose = ({ code }) => console.log(code);
`,
    seen: {
      server: [
        "asyngular: FrameError: A message exceeds the 1048576 bytes of the option maxPayload (socket …); to handle this in code, read server.listener('warning')",
        'asyngular: SocketProtocolError: Message was too big to process (socket …)',
      ],
      chromium: ['1009'],
    },
  },
  {
    title: 'A call of a procedure that nobody handles',
    server: `${server}server.handle('greet', (name) => \`Hello, \${name}\`);
`,
    client: `${socket}await socket.invoke('greeet', 'Ada');
`,
    seen: {
      node: [
        'Error [NoHandlerError]: nobody handles the procedure "greeet"; did you mean "greet"?',
        STACK,
      ],
      chromium: [
        'Uncaught NoHandlerError: nobody handles the procedure "greeet"; did you mean "greet"?',
      ],
    },
  },
  {
    title: 'A handler that throws',
    server: `${server}server.handle('greet', (person) => \`Hello, \${person.name.toUpperCase()}\`);
`,
    client: `${socket}await socket.invoke('greet', 'Ada');
`,
    seen: {
      server: [
        `asyngular: TypeError: Cannot read properties of undefined (reading 'toUpperCase') (procedure "greet", socket …, error id …, at server.mjs:…); to handle this in code, read server.listener('warning')`,
      ],
      node: [
        `Error [InternalServerError]: The procedure "greet" failed; the server's log has the error under the id …`,
        STACK,
      ],
      chromium: [
        `Uncaught InternalServerError: The procedure "greet" failed; the server's log has the error under the id …`,
      ],
    },
  },
  {
    title: 'To see every packet: DEBUG or localStorage.debug',
    server: `${server}server.handle('login', async ({ name }, { socket }) => {
  await socket.setAuthToken({ name });
});
`,
    client: `import { create } from '@asyngular/client';

if (globalThis.localStorage) localStorage.debug = 'asyngular:*';
else process.env.DEBUG = 'asyngular:*';
const socket = create({ hostname: 'localhost', port: 8000, waitForConnection: true });
await socket.invoke('login', { name: 'Ann', password: 'Ann can swim' });
`,
    seen: {
      node: [
        'asyngular:client sent call 1 #handshake: {"authToken":null,"ext":{…}}',
        'asyngular:client received answer to call 1: {"id":"…","pingTimeout":20000,"isAuthenticated":false,"ext":{…}}',
        'asyngular:client sent call 2 login: {"name":"Ann","password":"[hidden]"}',
        'asyngular:client received #setAuthToken: {"token":"[hidden]"}',
        'asyngular:client received answer to call 2: nothing',
      ],
      chromium: [
        'asyngular:client sent call 1 #handshake: {"authToken":null,"ext":{…}}',
        'asyngular:client received answer to call 1: {"id":"…","pingTimeout":20000,"isAuthenticated":false,"ext":{…}}',
        'asyngular:client sent call 2 login: {"name":"Ann","password":"[hidden]"}',
        'asyngular:client received #setAuthToken: {"token":"[hidden]"}',
        'asyngular:client received answer to call 2: nothing',
      ],
    },
    remark:
      'Tokens and passwords are hidden. The console of Chromium shows these lines at its level "Verbose".',
  },
  {
    title: 'A misspelt option of the client',
    client: `import { create } from '@asyngular/client';

create({ hostnam: 'localhost', port: 8000 });
`,
    seen: {
      node: [
        'InvalidArgumentsError: Unknown option hostnam of the client; did you mean hostname?',
        STACK,
      ],
      chromium: [
        'Uncaught InvalidArgumentsError: Unknown option hostnam of the client; did you mean hostname?',
      ],
    },
  },
];
