import { closeCodes, protocolEvents } from '@asyngular/protocol';
import type { SessionProbe } from './session-probe.js';
import { Fault, type Station, type Step } from './step.js';

/** What the server said in its handshake. */
export interface Welcome {
  readonly id: string;
  /** ms. */
  readonly pingTimeout: number;
  readonly isAuthenticated: boolean;
  readonly authError: string | undefined;
  /** Bytes; undefined from published servers, which do not say. */
  readonly maxPayload: number | undefined;
}

const HANDSHAKE_CID = 1;
const SIZE_CID = 2;
/** Length of the message around its filler. */
const SHELL = JSON.stringify({
  event: protocolEvents.unsubscribe,
  data: null,
  cid: 2,
  filler: '',
}).length;
/** What servers announce whose pings are switched off: the longest delay of a timer (docs/protocol.md P2.6). */
const NO_PINGS = 2_147_483_647;

/** The handshake. Throws a `Fault` with what came instead. */
export async function judgeHandshake(
  probe: SessionProbe,
  token: string | null,
  timeoutMs: number,
): Promise<Welcome> {
  probe.shakeHands(HANDSHAKE_CID, token);
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const event = await probe.next(Math.max(1, endsAt - performance.now()));
    switch (event.type) {
      case 'silence':
        throw new Fault(
          'handshake',
          'buffered',
          `the WebSocket is open, but nothing of the server came within ${timeoutMs} ms`,
        );
      case 'closed':
        throw faultOfClose(event.code, event.reason);
      case 'message': {
        const welcome = readReply(event.text, probe);
        if (welcome) return welcome;
      }
    }
  }
}

function faultOfClose(code: number, reason: string): Fault {
  const text = `the connection was closed with ${code}${reason ? ` (${reason})` : ''} instead of an answer`;
  if (code >= 4000) return new Fault('handshake', 'handshake-refused', text);
  return new Fault('handshake', 'other-protocol', text);
}

/** Undefined for what may come before the reply. */
function readReply(text: string, probe: SessionProbe): Welcome | undefined {
  assertVersion('handshake', text, probe);
  if (/^0\{"sid"/.test(text)) {
    throw new Fault('handshake', 'other-protocol', 'this is a server of Socket.IO (Engine.IO)');
  }
  if (probe.isPing(text)) return undefined;
  const { rid, error, data } = parse(text);
  if (rid !== HANDSHAKE_CID) {
    const said = `the first message is ${JSON.stringify(text.slice(0, 60))}, which is not of this protocol`;
    throw new Fault('handshake', 'other-protocol', said);
  }
  if (error !== undefined && error !== null) {
    const { name = 'an error', message = '' } = Object(error);
    throw new Fault('handshake', 'handshake-refused', `${name}: ${message}`);
  }
  const { id, pingTimeout, isAuthenticated, authError, ext } = Object(data);
  return {
    id: String(id),
    pingTimeout: typeof pingTimeout === 'number' ? pingTimeout : NO_PINGS,
    isAuthenticated: isAuthenticated === true,
    authError: authError ? String(Object(authError).message) : undefined,
    maxPayload: readMaxPayload(ext),
  };
}

/** Servers answer the handshake of either version alike: only their pings tell which one they speak. */
function assertVersion(station: Station, text: string, probe: SessionProbe): void {
  const version = probe.otherVersion(text);
  if (version === undefined) return;
  const said = `the server's ping is ${JSON.stringify(text)}: it speaks version ${version}`;
  throw new Fault(station, 'protocol-version', said);
}

function readMaxPayload(ext: unknown): number | undefined {
  const { maxPayload } = Object(Object(ext).limits);
  return typeof maxPayload === 'number' ? maxPayload : undefined;
}

function parse(text: string): { rid?: unknown; error?: unknown; data?: unknown } {
  try {
    return Object(JSON.parse(text));
  } catch {
    return {};
  }
}

/** The token, which the handshake has judged. Throws a `Fault` when the server does not accept it. */
export function judgeToken({ isAuthenticated, authError }: Welcome, token: string | null): Step {
  if (token === null) {
    return { station: 'token', state: 'skipped', text: 'none was given (--token-file)' };
  }
  if (isAuthenticated) return { station: 'token', state: 'good', text: 'accepted' };
  throw new Fault('token', 'token-refused', authError ?? 'the server did not say why');
}

/** Waits for the first ping: only a connection that lives until then lives. */
export async function judgePing(
  probe: SessionProbe,
  { pingTimeout, maxPayload }: Welcome,
): Promise<Step> {
  if (pingTimeout >= NO_PINGS) {
    return { station: 'ping', state: 'skipped', text: "the server's pings are switched off" };
  }
  const begin = performance.now();
  for (;;) {
    const waited = performance.now() - begin;
    const event = await probe.next(Math.max(1, pingTimeout - waited));
    const after = `after ${seconds(performance.now() - begin)} s`;
    if (event.type === 'message') {
      if (probe.isPing(event.text)) {
        return { station: 'ping', state: 'good', text: `the first one came ${after}` };
      }
      // Ours, which say their limits, send pings of both versions until one is answered (docs/protocol.md P11.6).
      if (maxPayload === undefined) assertVersion('ping', event.text, probe);
      continue;
    }
    if (event.type === 'silence') {
      const text = `no ping came within the server's pingTimeout, ${seconds(pingTimeout)} s`;
      throw new Fault('ping', 'no-ping', text);
    }
    if (event.code === closeCodes.pongTimeout) {
      const text = `the server closed with ${event.code} ${after}: it sent pings, and none arrived`;
      throw new Fault('ping', 'no-ping', text);
    }
    const text = `the idle connection was closed with ${event.code} ${after}, before the first ping`;
    throw new Fault('ping', 'idle-timeout', text);
  }
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1);
}

/** Sends a message of a size that applications send, to see whether it gets through. */
export async function judgeSize(
  probe: SessionProbe,
  { maxPayload }: Welcome,
  bytes: number,
  timeoutMs: number,
): Promise<Step> {
  if (maxPayload !== undefined && bytes > maxPayload) {
    const text = `${bytes} bytes are more than the server takes in one message, ${maxPayload}`;
    throw new Fault('size', 'message-too-big', text);
  }
  // An answer is all that is wanted: leaving a channel without a name is refused and changes nothing.
  probe.call(SIZE_CID, protocolEvents.unsubscribe, null, 'x'.repeat(Math.max(0, bytes - SHELL)));
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const event = await probe.next(Math.max(1, endsAt - performance.now()));
    if (event.type === 'message') {
      if (parse(event.text).rid !== SIZE_CID) continue;
      const limit = maxPayload === undefined ? '' : `; the server takes up to ${maxPayload}`;
      return { station: 'size', state: 'good', text: `${bytes} bytes got through${limit}` };
    }
    const what =
      event.type === 'closed' ? `closed the connection with ${event.code}` : 'was not answered';
    throw new Fault('size', 'message-too-big', `a message of ${bytes} bytes ${what}`);
  }
}
