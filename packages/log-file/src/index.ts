export { fileLog } from './file-log.js';
export type { FileLogOptions } from './options.js';
