/** Has waiting callers, and packets for them. */
export interface Sleeper {
  /** Hands the packets over. Runs no user code: the callers continue in later microtasks. */
  deliver(): void;
}

// Consumers that got their first packet while a call was waiting, in the order of those writes. One queue
// for the whole process keeps the order of emission across streams and batches the wake-ups of one tick.
let pending: Sleeper[] = [];
const resolved: Promise<void> = Promise.resolve();

/** Delivers to `sleeper` two microtasks later, which lets its loop body run in the third. The delay is
 *  part of the contract: until then a kill in the same tick still drops the packets, and a promise that was
 *  settled beside the write, such as the result of a call, is observed before the loop body runs. */
export function wakeSoon(sleeper: Sleeper): void {
  if (pending.push(sleeper) === 1) resolved.then(stage);
}

// Whatever is added between the two steps starts a new batch, because in this one it would be served too early.
function stage(): void {
  const batch = pending;
  pending = [];
  resolved.then(() => {
    for (const sleeper of batch) sleeper.deliver();
  });
}
