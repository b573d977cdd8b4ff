import { inject } from 'vitest';
import type { ServerKind } from '../fixture/control-types.js';

/**
 * What the published servers cannot do: test → reason. These tests must fail there; one that passes
 * fails the run, so that the list stays true.
 */
const stringReasons = 'the close reason stays the string it travels as';
const prototypeNames = 'looks names up in plain objects, and the socket is deaf from then on';

const noPresence = {
  'channel/presence: shows who is here, what they show, and who leaves': 'keeps no presence',
  'channel/presence: loops over changes begin with a sync': 'keeps no presence',
  'channel/presence: is entered again after a lost connection, and nobody notices':
    'keeps no presence',
};

const noExcept = {
  "methods/invokePublish(channelName,data): with except: 'self' it reaches all other subscribers":
    'does not know except, so that nothing is sent',
};

export const expectedDifferences: Record<ServerKind, Record<string, string>> = {
  ours: {},
  'asyngular-server': {
    ...noPresence,
    ...noExcept,
    'methods/disconnect([code,data]): our server sees an object as object': stringReasons,
    'events/kickOut: from all channels at once': 'kickOut() without a channel kicks nothing',
  },
  'socketcluster-server': {
    ...noPresence,
    ...noExcept,
    'methods/disconnect([code,data]): our server sees an object as object': stringReasons,
    'names: __proto__ is an ordinary receiver and procedure there': prototypeNames,
    'names: constructor is an ordinary receiver and procedure there': prototypeNames,
    'names: hasOwnProperty is an ordinary receiver and procedure there': prototypeNames,
  },
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
