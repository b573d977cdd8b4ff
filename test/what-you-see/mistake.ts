/** Something that goes wrong, and every line that says so to a developer who listens for no event. */
export interface Mistake {
  readonly title: string;
  /** Program of the server; none where there is no server. */
  readonly server?: string;
  /** Program of the client, the same in Node and in a page. */
  readonly client?: string;
  /** What happens once the server has printed `ready`. */
  readonly later?: 'Redis ends';
  readonly seen: Seen;
  /** Why an end of the connection says nothing, or what else there is to know. */
  readonly remark?: string;
}

/** Lines by place. A client without lines is not run; a server without lines must print nothing. */
export interface Seen {
  readonly server?: readonly string[];
  readonly node?: readonly string[];
  readonly chromium?: readonly string[];
}

/** What follows the first line of an error that ends a Node process: stack and members. */
export const STACK = '    at …';
