// For the sibling packages of Asyngular only; changes without notice.
export { MessageStreams } from './message-streams.js';
export { defineStreamFamily, isById } from './stream-family.js';
export { StreamRoot } from './stream-root.js';
