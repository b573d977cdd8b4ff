// The same application on uWebSockets.js (C++) with its native topics: a ceiling, not a competitor.
import { loadPeer } from '../peers.js';
import { PlainApplication, type PlainConnection } from './plain-messages.js';
import type { RunningServer } from './server.js';

interface UwsSocket {
  getUserData(): { connection?: PlainConnection };
  send(text: string): void;
  subscribe(topic: string): void;
}

export async function start(): Promise<RunningServer> {
  const uws = loadPeer('@trufflesuite/uws-js-unofficial');
  const app = uws.App();
  const application = new PlainApplication((channel, text) => app.publish(channel, text, false));

  app.ws('/*', {
    compression: 0,
    idleTimeout: 0,
    open(socket: UwsSocket) {
      socket.getUserData().connection = {
        reply: (text) => socket.send(text),
        subscribe: (channel) => socket.subscribe(channel),
      };
    },
    message(socket: UwsSocket, message: ArrayBuffer) {
      const text = Buffer.from(message).toString();
      application.handle(socket.getUserData().connection!, text);
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    app.listen('127.0.0.1', 0, (token: unknown) => {
      if (token) resolve(uws.us_socket_local_port(token));
      else reject(new Error('uWebSockets.js could not listen on 127.0.0.1.'));
    });
  });
  return { port, received: () => application.received };
}
