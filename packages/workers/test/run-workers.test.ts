import { until } from '@asyngular/test-utils/wait';
import { expect, it } from 'vitest';
import { buildPrograms, connectToBoth, Primary, serverProgram } from './support/workers.js';

buildPrograms();

it('joins the clients of all workers, on one port, by a broker of the machine', async () => {
  const primary = await new Primary(serverProgram()).running();
  expect(primary.ports).toEqual([expect.any(Number)]);
  const [ada, bob] = await connectToBoth(primary.port);
  const heard: unknown[] = [];
  const channel = bob.subscribe('news');
  (async () => {
    for await (const data of channel) heard.push(data);
  })();
  await channel.listener('subscribe').once(5_000);
  await ada.invokePublish('news', 'hello');
  await until('Bob to hear Ada', () => heard.length > 0, primary.seen);
  expect(heard).toEqual(['hello']);
});

it('gives all workers one key for tokens, and says once that nobody chose it', async () => {
  const primary = await new Primary(serverProgram()).running();
  const [ada, bob] = await connectToBoth(primary.port);
  await ada.invoke('logIn', 'Ada');
  await until('the token', () => ada.signedAuthToken !== null);
  await bob.authenticate(ada.signedAuthToken!);
  expect(await bob.invoke('whoAmI')).toBe('Ada');
  expect(primary.output.split('No authKey was given')).toHaveLength(2);
});
