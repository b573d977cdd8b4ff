/** A packet of ours before encoding, in wire form. */
export interface OutboundPacket {
  event?: string;
  cid?: number;
  rid?: number;
  data?: unknown;
  error?: unknown;
}
