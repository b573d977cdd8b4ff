// For the sibling packages of Asyngular only; changes without notice.
export { MessageStreams } from './message-streams.js';
export { mixin } from './mixin.js';
export { defineMethod, defineStreamFamily } from './stream-family.js';
export { StreamRoot } from './stream-root.js';
