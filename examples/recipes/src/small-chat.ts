import { listen } from '@asyngular/server';

interface ChatApi {
  procedures: { login(name: string): void };
  channels: { [room: `room:${string}`]: { from?: string; text: string } };
  authToken: { name: string };
}

export function start(port: number) {
  const server = listen<ChatApi>(port, { authKey: process.env.AUTH_KEY ?? 'change me' });

  server.handle('login', (name, { socket }) => socket.setAuthToken({ name }));

  server.setMiddleware('inbound', async (actions) => {
    for await (const action of actions) {
      const from = action.socket.authToken?.name;
      if (action.type === 'publishIn' && from) {
        action.allow({ data: { from, text: String(action.data?.text) } });
      } else if (from || action.type === 'invoke' || action.type === 'authenticate') {
        action.allow();
      } else {
        action.block(new Error('Log in first'));
      }
    }
  });

  return server;
}
