import { createAuthentication } from './auth/authentication.js';
import { createSubscriptions } from './channels/subscriptions.js';
import { createLifecycle } from './connection/lifecycle.js';
import type { Core, Owner, Status } from './core.js';
import { createOutlet } from './messages/outlet.js';
import { createRequests } from './messages/requests.js';
import type { Platform } from './platform/platform.js';

/** Every socket begins with it, and shows each member under the same name. */
export const initialStatus: Status = {
  state: 'closed',
  id: null,
  transport: undefined,
  connectAttempts: 0,
  pendingReconnectTimeout: null,
  preparingPendingSubscriptions: false,
  authState: 'unauthenticated',
  signedAuthToken: null,
  authToken: null,
};

/** Makes the parts of one socket. Its options follow at once; no part needs them before. */
export function createCore(socket: Owner, platform: Platform): Core {
  const core = {
    socket,
    emit: (name, payload) => socket.emit(name, payload),
    channelStreams: socket.channelStreams,
    platform,
    ...initialStatus,
  } as Core;
  // Each part keeps what it was given and looks at the others only when something happens.
  return Object.assign(core, {
    outlet: createOutlet(core),
    requests: createRequests(core),
    subscriptions: createSubscriptions(core),
    authentication: createAuthentication(core),
    lifecycle: createLifecycle(core),
  });
}
