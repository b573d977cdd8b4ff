/** Something that has waiting callers and packets for them. */
export interface Sleeper {
  /** Hands the packets over. Runs no user code: the callers continue in later microtasks. */
  deliver(): void;
}

// Consumers that got their first packet while a call was waiting, in the order of those writes. One queue
// for the whole process keeps the order of emission across streams and batches the wake-ups of one tick.
let pending: Sleeper[] = [];

/** Delivers to `sleeper` two microtasks later, which lets its loop body run in the third. The delay is
 *  part of the contract: until then a kill of the same tick still drops the packets, and a promise settled
 *  directly beside the write (say, the result of a call) is observed before the loop body runs. */
export function wakeSoon(sleeper: Sleeper): void {
  if (pending.push(sleeper) === 1) void deliverPending();
}

async function deliverPending(): Promise<void> {
  await null;
  // What is added between the two steps starts a batch of its own: on this one it would be too early.
  const batch = pending;
  pending = [];
  await null;
  for (const sleeper of batch) sleeper.deliver();
}
