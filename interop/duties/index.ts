import { authentication } from './authentication.js';
import { batches } from './batches.js';
import { channels } from './channels.js';
import { closing } from './closing.js';
import { handshake } from './handshake.js';
import { heartbeats } from './heartbeat.js';
import { nameDuties } from './names.js';
import { packets } from './packets.js';
import { transport } from './transport.js';
import { versions } from './versions.js';

/** The rows of the table, in the order of docs/protocol.md. */
export const duties = [
  ...transport,
  ...heartbeats,
  ...packets,
  ...nameDuties,
  ...handshake,
  ...authentication,
  ...channels,
  ...batches,
  ...closing,
  ...versions,
];
