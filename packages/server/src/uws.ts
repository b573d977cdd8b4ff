export { type UwsEngineOptions, uwsEngine } from './engine/uws/factory.js';
export type {
  UwsApp,
  UwsModule,
  UwsRequest,
  UwsResponse,
  UwsWebSocket,
} from './engine/uws/module.js';
