import type { Outgoing } from '@asyngular/protocol/internal';
import type { Trace } from './development/client-log.js';
import type { EmitEvent } from './events.js';
import type { ResolvedOptions } from './options/options.js';
import type { Platform } from './platform/platform.js';

/** What every part of a socket may use. */
export interface Context {
  readonly platform: Platform;
  /** Read at each use, because `connect(options)` replaces them. */
  readonly options: ResolvedOptions;
  readonly emit: EmitEvent;
  /** What servers leave this client out of its own publications by (P18.1). Nobody else may know it. */
  readonly publisherName: string;
  /** Shows packets to developers who asked for it, else undefined. */
  readonly showPacket: Trace | undefined;
}

/** Checks what is about to be sent, if the options ask for it. Throws what the server would answer. */
export function checkOutgoing(
  { options }: Pick<Context, 'options'>,
  kind: Outgoing,
  name: string,
  data: unknown,
): void {
  if (options.validate) {
    options.contract?.['~contract'].outgoing(kind, name, data);
  }
}

export function emitError({ emit }: Pick<Context, 'emit'>, error: unknown): void {
  emit('error', { error });
}

/**
 * The data itself, or where the options ask for a clone, what the server would get now. The codec is given a
 * packet, because a codec need not understand anything else.
 */
export function ownedData<T>({ options }: Pick<Context, 'options'>, data: T): T {
  const { cloneData, codecEngine } = options;
  if (!cloneData) {
    return data;
  }
  // A codec gives back what it was given.
  const packet = codecEngine.decode(codecEngine.encode({ event: '', data })) as { data: T };
  return packet.data;
}
