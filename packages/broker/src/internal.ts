export { createNodeId } from './node-id.js';
