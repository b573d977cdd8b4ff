import { type AGClientSocket, create } from '@asyngular/client';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ChatApi } from '../src/page/chat-socket.js';
import { Outbox, type WaitingMessage } from '../src/page/outbox.js';
import { startChat } from '../src/server/start-chat.js';

const TIMEOUT = { timeout: 5000 };

let chat: Awaited<ReturnType<typeof startChat>>;
let socket: AGClientSocket<ChatApi>;
let outbox: Outbox;
const sent: string[] = [];
const refused: string[] = [];

beforeEach(async () => {
  sent.length = 0;
  refused.length = 0;
  chat = await startChat({ port: 0, authKey: 'test key', directories: [] });
  socket = create<ChatApi>({ hostname: 'localhost', port: chat.port });
  outbox = new Outbox(socket, {
    showSent: ({ text }: WaitingMessage) => sent.push(text),
    showRefused: (_, error) => refused.push(String(error)),
  });
  await socket.invoke('login', { name: 'Ada' });
});

afterEach(async () => {
  vi.restoreAllMocks();
  socket.disconnect();
  await chat.close();
});

it('sends in order once the room is joined', async () => {
  for (const text of ['one', 'two', 'three']) outbox.post('lobby', text);
  socket.subscribe('room:lobby');
  await expect.poll(() => sent, TIMEOUT).toEqual(['one', 'two', 'three']);
  expect(outbox.waitingIn('lobby')).toEqual([]);
});

it('sends again what has no answer, as the same message', async () => {
  const publish = socket.invokePublish.bind(socket);
  vi.spyOn(socket, 'invokePublish').mockImplementationOnce(async (channel, data, options) => {
    await publish(channel, data as never, options);
    throw Object.assign(new Error('It broke before the answer.'), { name: 'BadConnectionError' });
  });
  outbox.post('lobby', 'once');
  socket.subscribe('room:lobby');
  await expect.poll(() => sent, TIMEOUT).toEqual(['once']);
  const { publications } = await socket.channel('room:lobby').history();
  expect(publications.map(({ data }) => data)).toEqual([expect.objectContaining({ text: 'once' })]);
});

it('shows what the server refuses and goes on with the next', async () => {
  outbox.post('lobby', ' ');
  outbox.post('lobby', 'good');
  socket.subscribe('room:lobby');
  await expect.poll(() => sent, TIMEOUT).toEqual(['good']);
  expect(refused).toEqual([expect.stringContaining('An empty message')]);
});

it('holds fifty messages, and none after it was cleared', () => {
  for (let n = 1; n <= 50; n++) outbox.post('lobby', `message ${n}`);
  expect(() => outbox.post('lobby', 'one more')).toThrow('50 messages wait');
  expect([...outbox.rooms()]).toEqual(['lobby']);
  outbox.clear();
  expect(outbox.waitingIn('lobby')).toEqual([]);
});
