import { ChannelStreams } from '@asyngular/channels/internal';
import { cloneDeep } from '@asyngular/protocol/internal';
import { Authentication } from './authentication.js';
import type { EmitEvent } from './events.js';
import { Inbound } from './inbound.js';
import { Lifecycle } from './lifecycle.js';
import type { ResolvedOptions } from './options.js';
import { Outlet } from './outlet.js';
import type { Platform } from './platform/platform.js';
import { Requests } from './requests.js';
import { Subscriptions } from './subscriptions.js';
import { type AuthEngine, TokenStorage } from './token-storage.js';

/** What the parts need from the object that users hold. */
export interface CoreOwner {
  /** Shown to procedures as `request.socket`. */
  readonly socket: unknown;
  readonly emit: EmitEvent;
  hasMessageListener(): boolean;
  writeToReceiver(name: string, data: unknown): void;
  hasProcedure(name: string): boolean;
  writeToProcedure(name: string, request: unknown): void;
}

/** The parts of one socket and what they share; they reach each other through it. */
export class Core {
  readonly owner: CoreOwner;
  readonly emit: EmitEvent;
  readonly platform: Platform;
  /** Read at each use: `connect(options)` replaces them. */
  options: ResolvedOptions;
  readonly channelStreams = new ChannelStreams();
  readonly outlet = new Outlet(this);
  readonly requests = new Requests(this);
  readonly subscriptions = new Subscriptions(this);
  readonly authentication = new Authentication(this);
  readonly inbound = new Inbound(this);
  readonly lifecycle = new Lifecycle(this);
  readonly #tokenStorage: AuthEngine;

  constructor(owner: CoreOwner, platform: Platform, options: ResolvedOptions) {
    this.owner = owner;
    this.emit = owner.emit;
    this.platform = platform;
    this.options = options;
    this.#tokenStorage = new TokenStorage(platform);
  }

  get authEngine(): AuthEngine {
    return this.options.authEngine ?? this.#tokenStorage;
  }

  get isOpen(): boolean {
    return this.lifecycle.state === 'open';
  }

  get isClosed(): boolean {
    return this.lifecycle.state === 'closed';
  }

  onError(error: unknown): void {
    this.emit('error', { error });
  }

  /** The data itself, or a clone where the options ask for one. */
  own<T>(data: T): T {
    return this.options.cloneData ? cloneDeep(data) : data;
  }
}
