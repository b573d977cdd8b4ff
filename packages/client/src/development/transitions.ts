/** Each state with the states that may come right before it. */
export type Predecessors<State extends string> = Readonly<Record<State, readonly State[]>>;

/** @throws Error for a transition that the table does not have: a fault of this package, never of a peer */
export function assertTransition<State extends string>(
  predecessors: Predecessors<State>,
  from: State,
  to: State,
): void {
  if (!predecessors[to].includes(from)) {
    throw new Error(`Nothing that is ${from} can become ${to}`);
  }
}
