import { checkRoom } from '../shared/rules.js';
import { showConnection } from './banner.js';
import { createChatSocket } from './chat-socket.js';
import { ChatView } from './chat-view.js';
import { LoginForm } from './login-form.js';

const DEFAULT_ROOM = 'lobby';

const socket = createChatSocket();
const login = new LoginForm(socket);
const chat = new ChatView(socket);

showConnection(socket);
void showAfterConnecting();
void showAfterAuthChange();
window.addEventListener('hashchange', () => {
  if (socket.authState === 'authenticated') chat.openRoom(roomInAddress());
});

async function showAfterConnecting(): Promise<void> {
  for await (const { authError } of socket.listener('connect')) show(authError);
}

/** Logging in and out, and the day the token expires. */
async function showAfterAuthChange(): Promise<void> {
  for await (const _ of socket.listener('authStateChange')) {
    if (socket.state === 'open') show();
  }
}

function show(authError?: Error | null): void {
  const { authToken } = socket;
  const view = authToken ? 'chat' : 'login';
  if (document.body.dataset.view === view) return;
  document.body.dataset.view = view;
  if (authToken) {
    chat.open(authToken.name);
    chat.openRoom(roomInAddress());
  } else {
    chat.close();
    login.open(authError);
  }
}

/** The room named after the `#`, so that rooms can be linked to and the back button works. */
function roomInAddress(): string {
  try {
    return checkRoom(decodeURIComponent(location.hash.slice(1)) || DEFAULT_ROOM);
  } catch {
    return DEFAULT_ROOM;
  }
}
