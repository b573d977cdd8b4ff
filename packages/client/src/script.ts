// What a page gets that loads the minified file with a <script> tag: the package's exports, as one global.
import {
  AGChannel,
  AGClientSocket,
  consume,
  create,
  factory,
  safe,
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
  safe,
  version,
};
