import { create } from '@asyngular/client';

/** One for the page, however many components use it. Where the page is rendered on the server, it does not connect. */
export const socket = create(process.env.NEXT_PUBLIC_SOCKET_URL ?? 'ws://localhost:8000', {
  autoConnect: 'browser',
  waitForConnection: true,
});
