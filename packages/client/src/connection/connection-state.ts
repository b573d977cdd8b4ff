import { RECOVERY_EXTENSION } from '@asyngular/protocol/internal';
import { development } from '#development';
import type { Predecessors } from '../development/transitions.js';
import type { SocketState } from '../events.js';
import type { Link } from './link.js';

/** Where a socket is, between and during its connections, for all parts to read. */
export interface ConnectionState {
  readonly state: SocketState;
  /** The server's name for the open connection, else null. */
  readonly id: string | null;
  /** The last connection, also after its end; undefined before the first. */
  readonly link: Link | undefined;
  /** The socket is about to go on with another connection: until then the application's messages wait. */
  readonly isParting: boolean;
}

/** What a socket enters, with what it needs there. */
export type ConnectionPhase =
  | { readonly state: 'connecting' }
  | { readonly state: 'open'; readonly id: string }
  | { readonly state: 'closed' };

const predecessors: Predecessors<SocketState> = {
  connecting: ['closed'],
  open: ['connecting'],
  closed: ['connecting', 'open'],
};

/** The same for the lifecycle, which alone changes it. */
export class ConnectionStateMachine implements ConnectionState {
  state: SocketState = 'closed';
  id: string | null = null;
  link: Link | undefined;
  isParting = false;

  /** The only way to another state. */
  enter(phase: ConnectionPhase): void {
    development?.assertTransition(predecessors, this.state, phase.state);
    this.state = phase.state;
    this.id = phase.state === 'open' ? phase.id : null;
    this.isParting = false;
  }

  /** Stays open, on another connection. */
  move(link: Link, id: string): void {
    this.link = link;
    this.id = id;
    this.isParting = false;
  }
}

/** Whether the server has agreed to recovery; without that neither side uses anything of it (P14.1). */
export function canRecover({ link }: { readonly link?: Link | undefined }): boolean {
  return link?.extensions.has(RECOVERY_EXTENSION) === true;
}
