import { inject } from 'vitest';
import type { ServerKind } from '../fixture/control-types.js';

/**
 * What the published servers cannot do: test → reason. These tests must fail there; one that passes
 * fails the run, so that the list stays true.
 */
export const expectedDifferences: Record<ServerKind, Record<string, string>> = {
  ours: {},
  'asyngular-server': {},
  'socketcluster-server': {},
};

let current = false;

/** Why `title` is expected to fail against the server of this run. */
export function differenceOf(title: string): string | undefined {
  return expectedDifferences[inject('acceptanceServer')][title];
}

export function enterTest(title: string): void {
  current = differenceOf(title) !== undefined;
}

/** Whether the running test is listed. */
export function expectsDifference(): boolean {
  return current;
}
