import { expect, it } from 'vitest';
import { start } from '../src/small-chat.js';
import { connect, DEADLINE_MS, running, subscribe } from './support.js';

async function startChat(): Promise<number> {
  const server = start(0);
  return running({ server, httpServer: server.httpServer! });
}

it('brings a message and its author to everybody in the room', async () => {
  const port = await startChat();
  const [ada, bob] = [connect(port), connect(port)];
  await Promise.all([ada.invoke('login', 'Ada'), bob.invoke('login', 'Bob')]);
  const [inLobby, elsewhere] = await Promise.all([
    subscribe(bob, 'room:lobby'),
    subscribe(bob, 'room:else'),
  ]);

  await ada.invokePublish('room:lobby', { text: 'hi', from: 'Bob' });
  await ada.invokePublish('room:else', { text: 'bye' });

  expect((await inLobby.next()).value).toEqual({ from: 'Ada', text: 'hi' });
  expect((await elsewhere.next()).value).toEqual({ from: 'Ada', text: 'bye' });
});

it('lets nobody in without a name', async () => {
  const socket = connect(await startChat());

  socket.subscribe('room:lobby');
  const { error } = await socket.listener('subscribeFail').once(DEADLINE_MS);

  expect(error.message).toBe('Log in first');
  await expect(socket.invokePublish('room:lobby', { text: 'hi' })).rejects.toThrow('Log in first');
});
