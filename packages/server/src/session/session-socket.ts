import type { SocketEvents } from '../events/socket-events.js';

/** What a session sees of its socket: where its events and messages go, and how it ends. */
export interface SessionSocket {
  emit<Name extends keyof SocketEvents>(name: Name, data: SocketEvents[Name]): unknown;
  getListenerConsumerCount(event: keyof SocketEvents): number;
  getReceiverConsumerCount(receiver: string): number;
  getProcedureConsumerCount(procedure: string): number;
  deliverMessage(event: 'raw' | 'message', message: string | Buffer): void;
  deliverTransmit(receiver: string, data: unknown, size: number): void;
  deliverInvoke(request: unknown, procedure: string, size: number): void;
  closeAllStreams(): void;
  killAllStreams(): void;
}
