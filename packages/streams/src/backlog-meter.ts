/** Told about every packet that enters or leaves a backlog, e.g. to stop reading from a socket while too
 *  much is waiting. A broadcast packet counts once per consumer; end markers, and packets
 *  for another consumer that a backlog counts, have size 0.
 *  The calls come from inside `write()` and `next()`: they must be quick, must not throw, and must not
 *  touch the streams. */
export interface BacklogMeter {
  /** A packet of `size` (whatever unit the writer uses, usually bytes) entered a backlog. */
  add(size: number): void;
  /** A packet of `size` left: read, dropped, or discarded with its consumer. */
  remove(size: number): void;
}
