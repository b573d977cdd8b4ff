'use client';

export { createHooks } from './create-hooks.js';
export type {
  AuthResult,
  ChannelHookOptions,
  ChannelResult,
  ConnectionResult,
  Hooks,
  LatestHookOptions,
  LatestResult,
  MessagesHookOptions,
  MessagesResult,
  PresenceHookOptions,
  PresenceResult,
  StreamHookOptions,
  StreamResult,
} from './hooks.js';
