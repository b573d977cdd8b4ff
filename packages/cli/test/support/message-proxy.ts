import { onCleanup } from '@asyngular/test-utils/cleanup';
import { nextEvent } from '@asyngular/test-utils/event';
import { WebSocket, WebSocketServer } from 'ws';

/** What becomes of a message of the server on its way to the client. */
export type Fate = 'pass' | 'drop' | 'double' | 'delay';

/** Judges a message of the server by its text; connections are numbered in the order in which they come. */
export type Judge = (text: string, connection: number) => Fate;

/**
 * Stands between clients and a server and changes what the server sends, message by message. What is delayed comes right
 * after the next message of its connection, so that orders are exact and nothing depends on time.
 */
export async function startMessageProxy(target: string, judge: Judge): Promise<string> {
  const proxy = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  await nextEvent(proxy, 'listening');
  onCleanup(() => {
    for (const client of proxy.clients) client.terminate();
    proxy.close();
  });
  let connections = 0;
  proxy.on('connection', (client, request) => {
    const connection = connections;
    connections += 1;
    const upstream = new WebSocket(new URL(request.url ?? '/', target));
    const early: string[] = [];
    let held: string | undefined;
    client.on('message', (data) => {
      if (upstream.readyState === WebSocket.OPEN) upstream.send(String(data));
      else early.push(String(data));
    });
    upstream.on('open', () => {
      for (const text of early) upstream.send(text);
    });
    upstream.on('message', (data) => {
      const text = String(data);
      const fate = judge(text, connection);
      if (fate === 'delay') {
        held = text;
        return;
      }
      const texts = { pass: [text], drop: [], double: [text, text] }[fate];
      for (const each of texts) client.send(each);
      if (held !== undefined) client.send(held);
      held = undefined;
    });
    client.on('close', () => upstream.terminate());
    upstream.on('close', (code) => client.close(code === 1006 || code === 1005 ? 1000 : code));
    for (const socket of [client, upstream]) socket.on('error', () => {});
  });
  const { port } = proxy.address() as { port: number };
  return `ws://127.0.0.1:${port}${new URL(target).pathname}`;
}
