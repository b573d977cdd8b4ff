// For the packages of this repository only; may change in any release.
export { createHubFolder } from './hub-folder.js';
