/** A packet of ours before encoding, in wire form. */
export interface OutboundPacket {
  event?: string;
  cid?: number;
  rid?: number;
  data?: unknown;
  error?: unknown;
  /** Members of calls and answers that have streams, bodies or deadlines (docs/protocol.md, P16). */
  credit?: number;
  timeout?: number;
  body?: boolean;
  open?: boolean;
  more?: number;
  end?: number;
  ask?: boolean;
}
