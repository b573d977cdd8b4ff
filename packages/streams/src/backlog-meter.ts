/** Is called for every packet that enters or leaves a backlog, for instance to stop reading from a socket while
 *  too much is waiting. A packet counts once for each consumer that receives it. End markers have size 0, and so
 *  have packets for another consumer that a backlog counts. The calls come from inside `write()` and `next()`, so
 *  they must be quick, must not throw, and must not use the streams. */
export interface BacklogMeter {
  /** A packet of `size` entered a backlog. The unit is the writer's, usually bytes. */
  add(size: number): void;
  /** A packet of `size` left a backlog: it was read, dropped, or discarded with its consumer. */
  remove(size: number): void;
}
