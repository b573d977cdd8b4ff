import { ChannelStreams } from '@asyngular/channels/internal';
import { createAuthentication } from './authentication.js';
import type { Core, Owner, Status } from './core.js';
import { createLifecycle } from './lifecycle.js';
import type { ResolvedOptions } from './options.js';
import { createOutlet } from './outlet.js';
import type { Platform } from './platform/platform.js';
import { createRequests } from './requests.js';
import { createSubscriptions } from './subscriptions.js';
import type { AuthEngine } from './token-storage.js';

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

/** Makes the parts of one socket. */
export function createCore(
  owner: Owner,
  platform: Platform,
  tokenStorage: AuthEngine,
  options: ResolvedOptions,
): Core {
  const channelStreams = new ChannelStreams();
  const core = {
    ...owner,
    ...initialStatus,
    hearsInterruptions: false,
    platform,
    tokenStorage,
    options,
    channelStreams,
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
