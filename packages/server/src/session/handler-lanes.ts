/** A message that waits for its handler, behind others of its name. */
export interface QueuedRun {
  /** Its bytes, as the socket's meter counts them. */
  readonly size: number;
}

/** The runs of one handler for one socket. */
export interface HandlerLane<Run extends QueuedRun = any> {
  running: number;
  readonly waiting: Run[];
}

/** Drops what waits for handlers of a socket that is over: a handler that takes long must not keep it. */
export function dropQueuedRuns({
  inbound,
  handlerLanes,
}: {
  readonly inbound: { readonly meter: { remove(size: number): void } };
  readonly handlerLanes: ReadonlyMap<string, HandlerLane> | undefined;
}): void {
  for (const { waiting } of handlerLanes?.values() ?? []) {
    for (const { size } of waiting) inbound.meter.remove(size);
    waiting.length = 0;
  }
}
