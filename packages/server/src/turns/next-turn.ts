/** Resolves in the next turn of the event loop, after the other sockets have been read. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
