// Process of the server under test: node servers/main.js <module>
import { answerRequests } from '../control/answer-requests.js';
import { Meter, type MeterOptions } from '../control/meter.js';
import type { StartServer } from './server.js';

const { start } = (await import(`./${process.argv[2]}.js`)) as { start: StartServer };
const server = await start();
const meter = new Meter();
let receivedBefore = 0;

answerRequests({
  port: () => server.port,
  start: (options: MeterOptions) => {
    receivedBefore = server.received();
    return meter.start(options);
  },
  publish: ({ channel, data }: { channel: string; data: unknown }) => {
    return server.publish!(channel, data);
  },
  stop: async () => ({ ...(await meter.stop()), received: server.received() - receivedBefore }),
});
