import { expect } from 'vitest';
import { collect } from './support/record.js';
import { row } from './support/suite.js';
import { startServer } from './support/test-server.js';
import { soon } from './support/within.js';

row(
  'names',
  '__proto__, constructor, toString and the empty name are ordinary channels',
  async () => {
    const server = await startServer();
    const client = await server.open();
    for (const name of ['constructor', 'toString', '__proto__', '', '1']) {
      const got = collect(client.subscribe(name));
      const subscribed = client.channel(name).listener('subscribe').once();
      await soon(`the subscription of ${name}`, subscribed);
      expect(client.isSubscribed(name)).toBe(true);
      await client.invokePublish(name, `to ${name}`);
      await got.until(1);
      expect(got.values).toEqual([`to ${name}`]);
      client.unsubscribe(name);
      expect(client.isSubscribed(name, true)).toBe(false);
    }
  },
);

for (const name of ['__proto__', 'constructor', 'hasOwnProperty', '']) {
  row(
    'names',
    `${name || 'the empty name'} is an ordinary receiver and procedure here`,
    async () => {
      const server = await startServer();
      const client = await server.open();
      const got = collect(client.receiver(name));
      collect(client.procedure(name), (request) => request.end('answered'));
      await server.inject(`[{"event":"${name}","data":1},{"event":"${name}","data":2,"cid":77}]`);
      await got.until(1);
      expect(got.values).toEqual([1]);
      await server.seen({ type: 'frame', direction: 'in', data: '{"rid":77,"data":"answered"}' });
    },
  );

  row(
    'names',
    `${name || 'the empty name'} is an ordinary receiver and procedure there`,
    async () => {
      const server = await startServer({ receivers: [name], echoes: ['echo', name] });
      const client = await server.open();
      client.transmit(name, 1);
      await server.seen({ type: 'receive', name, data: 1 });
      expect(await soon('the answer', client.invoke(name, 2))).toBe(2);
    },
  );
}
