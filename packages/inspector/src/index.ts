export { basicAuth } from './basic-auth.js';
export { type Inspector, inspector } from './inspector.js';
export type {
  InspectorChallenge,
  InspectorOptions,
  InspectorVerdict,
  InspectorViewer,
} from './options.js';
