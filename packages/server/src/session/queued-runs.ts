/** A message that waits for its handler, behind others of its name. */
export interface QueuedRun {
  /** Its bytes, as the socket's meter counts them. */
  readonly size: number;
}

/** Drops what waits for handlers of a socket that is over: a handler that takes long must not keep it. */
export function dropQueuedRuns({
  inbound,
  handlerQueues,
}: {
  readonly inbound: { readonly meter: { remove(size: number): void } };
  readonly handlerQueues: ReadonlyMap<string, QueuedRun[]> | undefined;
}): void {
  for (const queue of handlerQueues?.values() ?? []) {
    for (const { size } of queue) inbound.meter.remove(size);
    queue.length = 0;
  }
}
