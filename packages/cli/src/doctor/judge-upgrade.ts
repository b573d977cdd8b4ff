import { dialTcp, dialTls, type Target } from './dial.js';
import type { FaultName } from './faults.js';
import { Fault, type Station } from './step.js';
import { probeUpgrade, type UpgradeAnswer } from './upgrade-probe.js';

type Refused = Extract<UpgradeAnswer, { type: 'refused' }>;
type Headers = Readonly<Record<string, string>>;

/** Where servers of the kinds that are often mixed up listen unless they were configured. */
const usualPaths = ['/asyngular/', '/socketcluster/', '/socket.io/?EIO=4&transport=websocket'];

/** What a status means when no more is known. */
const statusFaults: Readonly<Record<number, FaultName>> = {
  401: 'unauthorized',
  403: 'forbidden',
  407: 'unauthorized',
  429: 'too-many',
  426: 'upgrade-lost',
  500: 'server-down',
  502: 'server-down',
  503: 'too-many',
  504: 'server-down',
  505: 'http2-only',
};

/** Throws the `Fault` that an answer shows; returns when it is a WebSocket that clients accept. */
export async function judgeUpgrade(
  answer: UpgradeAnswer,
  target: Target,
  headers: Headers,
): Promise<void> {
  switch (answer.type) {
    case 'upgraded':
      return judgeAccepted(answer);
    case 'silent':
      throw new Fault(
        'upgrade',
        'no-answer',
        `the upgrade request was not answered within ${target.timeoutMs} ms`,
      );
    case 'failed':
      throw await faultOfFailure(answer, target);
    case 'refused':
      throw await faultOfRefusal(answer, target, headers);
  }
}

function judgeAccepted({ headers, isGenuine }: Extract<UpgradeAnswer, { type: 'upgraded' }>): void {
  const protocol = headers['sec-websocket-protocol'];
  if (protocol !== undefined) {
    const text = `the subprotocol '${protocol}' was chosen, though none was offered: clients refuse that`;
    throw new Fault('upgrade', 'subprotocol', text);
  }
  if (isGenuine) return;
  throw new Fault(
    'upgrade',
    'not-websocket',
    'the upgrade was accepted with a wrong Sec-WebSocket-Accept header: something on the way answers by itself',
  );
}

/** No HTTP came back. The first bytes, or a try with TLS, say what did. */
async function faultOfFailure(
  { code, bytes }: Extract<UpgradeAnswer, { type: 'failed' }>,
  target: Target,
): Promise<Fault> {
  if (bytes && isHttp2(bytes)) {
    return new Fault('upgrade', 'http2-only', 'what answers here speaks HTTP/2 only');
  }
  if (!target.secure && (await speaksTls(target))) {
    return new Fault('upgrade', 'tls-needed', `this port speaks TLS, and ws:// does not (${code})`);
  }
  return new Fault('upgrade', 'not-websocket', `the answer is not HTTP (${code})`);
}

/** A server's connection begins with a SETTINGS frame, or ends with GOAWAY; both on stream 0 (RFC 9113, 3.4 and 6.8). */
function isHttp2(bytes: Buffer): boolean {
  const type = bytes[3];
  return bytes.length >= 9 && (type === 4 || type === 7) && bytes.readUInt32BE(5) === 0;
}

async function speaksTls(target: Target): Promise<boolean> {
  try {
    const socket = await dialTls(target, await dialTcp(target));
    socket.destroy();
    return true;
  } catch (error) {
    return error instanceof Fault && error.fault === 'http2-only';
  }
}

async function faultOfRefusal(answer: Refused, target: Target, headers: Headers): Promise<Fault> {
  const { status, headers: answered, body } = answer;
  const said = `HTTP ${status}${body ? `: ${body}` : ''}`;
  const at = (station: Station, fault: FaultName, text = said) => new Fault(station, fault, text);
  if (status >= 300 && status < 400) {
    return at('upgrade', 'redirect', `HTTP ${status} to ${answered.location ?? 'nowhere'}`);
  }
  if (/HTTP requests? was sent to HTTPS port/i.test(body)) return at('upgrade', 'tls-needed');
  if (isAboutSubprotocol(answer)) return at('upgrade', 'subprotocol');
  if (await isAboutOrigin(answer, target, headers)) {
    const origin = headers.Origin ?? 'none (a program)';
    return at('origin', 'origin-refused', `the origin ${origin} is refused; ${said}`);
  }
  const elsewhere = await findPath(target, headers);
  if (elsewhere !== undefined) {
    return at('path', 'wrong-path', `nobody is at ${target.path}, but at ${elsewhere}; ${said}`);
  }
  const fault = statusFaults[status];
  if (fault !== undefined) return at('upgrade', fault);
  if (status === 400 || status === 404) {
    return at('path', 'wrong-path', `no server takes upgrades at ${target.path}; ${said}`);
  }
  // The request arrived as an ordinary one: pages are served, or ours says 501, as to all but upgrades.
  return at('upgrade', 'upgrade-lost');
}

function isAboutSubprotocol({ headers, body }: Refused): boolean {
  return (
    headers['sec-websocket-protocol'] !== undefined || /(sub-?|websocket-)protocol/i.test(body)
  );
}

/** The words of our server; else whether another origin is let in. */
async function isAboutOrigin(
  { status, body }: Refused,
  target: Target,
  { Origin, ...others }: Headers,
): Promise<boolean> {
  if (status !== 403) return false;
  if (/invalid origin/i.test(body)) return true;
  const own = `${target.secure ? 'https' : 'http'}://${target.hostname}`;
  return isAccepted(target, Origin === undefined ? { ...others, Origin: own } : others);
}

/** A usual path at which an upgrade is accepted. */
async function findPath(target: Target, headers: Headers): Promise<string | undefined> {
  const slashed = target.path.endsWith('/') ? target.path.slice(0, -1) : `${target.path}/`;
  for (const candidate of [slashed, ...usualPaths]) {
    const [path = '/', query = ''] = candidate.split('?');
    if (path === target.path || path === '') continue;
    if (await isAccepted({ ...target, path, query }, headers)) return path;
  }
  return undefined;
}

async function isAccepted(target: Target, headers: Headers): Promise<boolean> {
  try {
    return (await probeUpgrade(target, headers)).type === 'upgraded';
  } catch {
    return false;
  }
}
