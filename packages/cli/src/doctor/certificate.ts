import type { TLSSocket } from 'node:tls';
import type { Target } from './dial.js';
import { Fault, type Step } from './step.js';

const DAY_MS = 86_400_000;
/** Renewals that work happen earlier than this: Let's Encrypt renews 30 days before the end. */
const SOON_DAYS = 14;

/** What TLS and its certificate are like. Throws a `Fault` for one that clients refuse. */
export function judgeCertificate(
  socket: TLSSocket,
  { hostname, insecure }: Target,
  now: number,
): Step {
  const protocol = socket.getProtocol();
  const { subject, valid_to: validTo } = socket.getPeerCertificate();
  const names = `the certificate of '${String(subject?.CN ?? 'nobody')}'`;
  if (!socket.authorized) {
    // The type is that of an error; what it holds is the code.
    const reason = String(socket.authorizationError);
    const text = `${names} is not accepted for '${hostname}': ${reason}`;
    if (!insecure) throw new Fault('tls', 'certificate', text);
    return { station: 'tls', state: 'warning', text: `${text} (ignored: --insecure)` };
  }
  const days = Math.floor((Date.parse(validTo) - now) / DAY_MS);
  const text = `${protocol}, ${names} is valid for ${days} days`;
  if (days >= SOON_DAYS) return { station: 'tls', state: 'good', text };
  return { station: 'tls', state: 'warning', text, remedy: 'See why it has not been renewed.' };
}
