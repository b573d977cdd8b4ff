import type { ChatSocket } from './chat-socket.js';
import { byId } from './dom.js';

/** If the connection is back within this time, the banner would only flicker. */
const GRACE_MS = 300;

/** Shows that the connection is lost, with a button to try again at once. */
export function showConnection(socket: ChatSocket): void {
  const banner = byId('banner', HTMLElement);
  const text = byId('banner-text', HTMLElement);
  let timer: number | undefined;

  byId('banner-retry', HTMLButtonElement).addEventListener('click', () => socket.connect());
  void hideWhenConnected();
  void showWhenClosed();

  async function hideWhenConnected(): Promise<void> {
    for await (const _ of socket.listener('connect')) {
      clearTimeout(timer);
      timer = undefined;
      banner.hidden = true;
      text.textContent = '';
    }
  }

  async function showWhenClosed(): Promise<void> {
    for await (const _ of socket.listener('close')) {
      timer ??= window.setTimeout(() => {
        banner.hidden = false;
        text.textContent = 'Connection lost. Reconnecting…';
      }, GRACE_MS);
    }
  }
}
