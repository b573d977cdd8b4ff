import type { Overview, SessionInfo } from '../src/api/snapshots.js';
import type { Api } from './api.js';
import type { History } from './history.js';

/** What views have of the page. */
export interface App {
  readonly api: Api;
  readonly session: SessionInfo;
  readonly history: History;
  /** The newest snapshot of the server that is looked at. */
  readonly overview: Overview | undefined;
  /** Whether what would change something is shown. */
  readonly mayAct: boolean;
  /** Says something that has happened. */
  notify(text: string, kind?: 'good' | 'bad'): void;
  /** Says why something did not work. */
  fail(error: unknown): void;
  /** Goes to another view. */
  go(path: string): void;
}

/** A part of the page. */
export interface View {
  readonly element: HTMLElement;
  /** Reads and shows what is new; called every two seconds while the view is there. */
  update(): void | Promise<void>;
  close?(): void;
}
