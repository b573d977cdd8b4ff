import { type Mistake, STACK } from './mistake.js';

const listen = `import { listen } from '@asyngular/server';

`;
const onRedis = `import { redisBroker } from '@asyngular/broker-redis';
import { listen } from '@asyngular/server';

const broker = redisBroker({ url: 'redis://localhost:6379' });
const server = listen(8000, { authKey: 'our secret', broker });
server.listener('ready').once().then(() => console.log('ready'));
`;

export const serving: readonly Mistake[] = [
  {
    title: 'The port is in use',
    server: `${listen}listen(8000, { authKey: 'our secret' });
listen(8000, { authKey: 'our secret' });
`,
    seen: {
      server: [
        'Error: The HTTP server of port 8000 failed (listen EADDRINUSE: address already in use :::8000); if the port is taken, end the process that has it, or listen on another one',
        STACK,
      ],
    },
  },
  {
    title: 'A misspelt option of the server',
    server: `${listen}listen(8000, { authKey: 'our secret', orgins: 'https://chat.example' });
`,
    seen: {
      server: [
        'InvalidOptionsError: Unknown option orgins of the server; did you mean origins?',
        STACK,
      ],
    },
  },
  {
    title: 'Redis is down when the server starts',
    server: onRedis,
    seen: {
      server: [
        "asyngular: BrokerError: The redis broker at redis://localhost:6379 cannot be used (connect ECONNREFUSED 127.0.0.1:6379). It is tried again until it can; further failures of this kind are not reported; to handle this in code, read server.listener('warning')",
      ],
    },
  },
  {
    title: 'Redis ends while the server runs',
    server: onRedis,
    later: 'Redis ends',
    seen: {
      server: [
        'ready',
        "asyngular: BrokerError: The connection to the redis broker at redis://localhost:6379 is lost (the connection to Redis was closed); it is tried again until it is back, and publications for other servers wait a few seconds; to handle this in code, read server.listener('warning')",
      ],
    },
  },
];
