import type { StreamOptions } from '@asyngular/streams';

/** Options of a socket's streams: consumers that nobody reads are reported, since what they collect never ends. */
export const streamOptions: StreamOptions = {
  onUnreadConsumer({ id, backpressure, stream = '', family }) {
    // An event would need a listener, and it is listeners that are forgotten.
    // biome-ignore lint/suspicious/noConsole: there is nobody else to say it to.
    console.warn(
      `Asyngular: consumer ${id} of the ${family} ${stream} has read nothing for 10 s, and ${backpressure} ` +
        'messages wait for it; does its loop hang, or was it dropped without return()? Give it a highWaterMark',
    );
  },
};
