import type { BenchPlan, Share } from './plan.js';
import type { ConnectReport, FinalReport, Tick } from './reports.js';

/** A process that makes load, as the conductor sees it. */
export interface LoadWorker {
  /** Connects its share, from a time of the shared clock on. */
  connect(startsAt: number, onProgress: (connected: number) => void): Promise<ConnectReport>;
  /** Sends what is due; resolves after the last message. Ticks go on until `finish()`. */
  send(startsAt: number, onTick: (tick: Tick) => void): Promise<void>;
  finish(): Promise<{ tick: Tick; report: FinalReport }>;
  /** Ends its connections, and the process. May be called twice. */
  close(): void;
}

/** Makes a worker for a share of the plan. */
export type StartWorker = (plan: BenchPlan, share: Share) => Promise<LoadWorker>;

/** What the conductor asks a process for. */
export type LoadRequest =
  | { readonly type: 'begin'; readonly plan: BenchPlan; readonly share: Share }
  | { readonly type: 'connect'; readonly startsAt: number }
  | { readonly type: 'send'; readonly startsAt: number }
  | { readonly type: 'finish' };

/** What a process answers. */
export type LoadAnswer =
  | { readonly type: 'begun' }
  | { readonly type: 'progress'; readonly connected: number }
  | { readonly type: 'connected'; readonly report: ConnectReport }
  | { readonly type: 'tick'; readonly tick: Tick }
  | { readonly type: 'sent' }
  | { readonly type: 'finished'; readonly tick: Tick; readonly report: FinalReport };
