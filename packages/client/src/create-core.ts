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

/** Makes the parts of one socket. */
export function createCore(
  owner: Owner,
  platform: Platform,
  tokenStorage: AuthEngine,
  options: ResolvedOptions,
): Core {
  const status: Status = {
    stage: 'closed',
    connectionId: null,
    uplink: undefined,
    attempts: 0,
    reconnectDelayMs: null,
    isPreparing: false,
    authStatus: 'unauthenticated',
    signedToken: null,
    tokenPayload: null,
  };
  const channelStreams = new ChannelStreams();
  const core = { ...owner, ...status, platform, tokenStorage, options, channelStreams } as Core;
  // Each part keeps what it was given and looks at the others only when something happens.
  return Object.assign(core, {
    outlet: createOutlet(core),
    requests: createRequests(core),
    subscriptions: createSubscriptions(core),
    authentication: createAuthentication(core),
    lifecycle: createLifecycle(core),
  });
}
