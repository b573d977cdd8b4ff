// For the packages of this repository only; may change in any release.
export { isDevelopment } from '#development';
export { elsewhere, failedCall } from './failed-call.js';
