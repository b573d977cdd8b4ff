import { listen } from '@asyngular/server';

interface ChatApi {
  procedures: { login(name: string): void };
  channels: { [room: `room:${string}`]: { from?: string; text: string } };
  authToken: { name: string };
}

export function start(port: number) {
  const server = listen<ChatApi>(port, { authKey: process.env.AUTH_KEY ?? 'change me' });

  server.handle('login', (name, { socket }) => socket.setAuthToken({ name }));

  server.use('inbound', (action) => {
    if (action.type !== 'subscribe' && action.type !== 'publishIn') return;
    const from = action.socket.authToken?.name;
    if (!from) action.block(new Error('Log in first'));
    else if (action.type === 'publishIn') {
      action.allow({ data: { from, text: String(action.data?.text) } });
    }
  });

  return server;
}
