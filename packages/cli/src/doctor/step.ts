import { type FaultName, faults } from './faults.js';

/** Stations on the way to a working connection, in their order. */
export const stations = [
  'dns',
  'tcp',
  'tls',
  'upgrade',
  'path',
  'origin',
  'handshake',
  'token',
  'ping',
  'size',
] as const;

/** One of them. */
export type Station = (typeof stations)[number];

/** What was found at a station. */
export interface Step {
  readonly station: Station;
  readonly state: 'good' | 'warning' | 'fault' | 'skipped';
  /** What was seen, with values. */
  readonly text: string;
  readonly fault?: FaultName;
  /** What to do about it. */
  readonly remedy?: string;
  /** How long it took, ms. */
  readonly ms?: number;
}

/** Ends the diagnosis: what follows cannot work. */
export class Fault extends Error {
  readonly station: Station;
  readonly fault: FaultName;

  constructor(station: Station, fault: FaultName, text: string) {
    super(text);
    this.station = station;
    this.fault = fault;
  }

  toStep(): Step {
    const { station, fault, message: text } = this;
    return { station, state: 'fault', text, fault, remedy: faults[fault] };
  }
}
