// For the sibling packages of Asyngular only; changes without notice.
export { addAbortListener, removeAbortListener } from './abort-listeners.js';
export { defineMember, defineMethods, type Operations } from './define-methods.js';
export { type AsyncDisposal, defineAsyncDisposal } from './disposal.js';
export { type ListenerMethods, listenerMethods } from './listener-methods.js';
export { MessageStreams } from './message-streams.js';
export { wholeMethods } from './stream-family.js';
// One by one rather than as an object, which a bundle would have to carry with all its names.
export * from './stream-operations.js';
export { StreamRoot } from './stream-root.js';
