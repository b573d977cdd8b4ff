import type { PublishedServer } from '../support/peers.js';
import type { Stage } from '../support/stage.js';

/** The servers that every behaviour runs on: ours, and the published ones that applications come from. */
export const applicationServers = [
  'ours',
  'socketcluster-server 20.0.1',
  'asyngular-server 6.2.1',
] as const;

export type ApplicationServer = (typeof applicationServers)[number];

/** What a published server does otherwise, and how its run has to fail. */
export interface Deviation {
  readonly peers: readonly PublishedServer[];
  readonly failure: RegExp;
  readonly reason: string;
}

/** One thing that applications of SocketCluster and Asyngular rely on. */
export interface Behaviour {
  readonly title: string;
  run(stage: Stage): Promise<void>;
  readonly deviations: readonly Deviation[];
}

export function behaviour(
  title: string,
  run: Behaviour['run'],
  ...deviations: Deviation[]
): Behaviour {
  return { title, run, deviations };
}

const published = ['socketcluster-server 20.0.1', 'asyngular-server 6.2.1'] as const;

/** A deviation of both published servers. */
export function onPublished(failure: RegExp, reason: string): Deviation {
  return { peers: published, failure, reason };
}
