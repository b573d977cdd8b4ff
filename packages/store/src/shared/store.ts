/** A value that changes, in the form that user interfaces subscribe to. */
export interface Store<Snapshot> {
  /**
   * Calls `listener` after a change, at most once per frame. What the store reads begins with the first listener and ends
   * a second after the last one. Returns the function that ends it; calling that twice does nothing.
   */
  readonly subscribe: (listener: () => void) => () => void;
  /** What is known: the same object until a listener has been called. */
  readonly getSnapshot: () => Snapshot;
  /** What was known before anything was read: for rendering on a server, and for the first rendering in the page. */
  readonly getServerSnapshot: () => Snapshot;
}
