// For the sibling packages of Asyngular only; changes without notice.
export { defineMethods, type Operations } from './define-methods.js';
export { type ListenerMethods, listenerMethods } from './listener-methods.js';
export { MessageStreams } from './message-streams.js';
export * as operations from './stream-operations.js';
export { StreamRoot } from './stream-root.js';
