import { type Dialect, dialects } from '../load/dialects.js';

/** A client that has agreed to the extension `presence`. */
export const presenceDialect: Dialect = {
  ...dialects.asyngular,
  handshake: () => [
    '{"event":"#handshake","data":{"authToken":null,"ext":{"presence":{}}},"cid":1}',
  ],
};

/** What members show of themselves. */
export const states: readonly object[] = Array.from({ length: 100 }, (_, index) => ({
  name: `Somebody ${index}`,
  status: 'online',
  colour: '#a1b2c3',
}));
