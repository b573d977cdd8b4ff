import cluster from 'node:cluster';
import { fromEnvelope, type ToPrimary, type ToWorker, toEnvelope } from '../messages.js';
import type { ProcessEnd } from './end-reason.js';

/** What is needed of a worker's process. */
export interface Child {
  readonly id: number;
  readonly pid: number;
  /** Returns whether it could be sent. */
  send(message: ToWorker): boolean;
  kill(signal: NodeJS.Signals): void;
  onMessage(callback: (message: ToPrimary) => void): void;
  /** Called once, also for a process that could not be started. */
  onEnd(callback: (end: ProcessEnd) => void): void;
}

/** Starts one more process. */
export type Fork = () => Child;

export interface ForkOptions {
  readonly args: readonly string[];
  readonly execArgv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** The module that Node loads in a worker before the file. */
const preload = new URL('../worker/preload.js', import.meta.url).href;

/** Starts workers that run `file` as their main module. */
export function createFork(file: string, { args, execArgv, env }: ForkOptions): Fork {
  return () => {
    // Settings of all workers that this process starts from now on; so they are set anew for each.
    cluster.setupPrimary({
      exec: file,
      args: [...args],
      execArgv: [...execArgv, '--import', preload],
    });
    const worker = cluster.fork(env);
    // Sending to one that has just gone is no fault.
    worker.on('error', () => {});
    return {
      id: worker.id,
      pid: worker.process.pid ?? 0,
      send: (message) => {
        if (!worker.isConnected()) return false;
        // What it returns is about the buffer, which questions and settings never fill.
        worker.send(toEnvelope(message));
        return true;
      },
      kill: (signal) => void worker.process.kill(signal),
      onMessage: (callback) =>
        worker.on('message', (received) => {
          const message = fromEnvelope<ToPrimary>(received);
          if (message) callback(message);
        }),
      onEnd: (callback) =>
        worker.once('exit', (code: number | null, signal: string | null) =>
          callback({ code, signal: signal as NodeJS.Signals | null }),
        ),
    };
  };
}
