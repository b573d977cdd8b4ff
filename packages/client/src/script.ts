// What a page gets that loads the minified file with a <script> tag: the package's exports, as one global.
import {
  AGChannel,
  AGClientSocket,
  consume,
  create,
  factory,
  TokenStorage,
  version,
} from './index.js';

(globalThis as { asyngularClient?: object }).asyngularClient = {
  AGChannel,
  AGClientSocket,
  TokenStorage,
  consume,
  create,
  factory,
  version,
};
