import type { FailedAttempt } from '../connection/connection-failure.js';

const certificate = 'the certificate cannot be verified: pass its authority as wsOptions.ca';
const noWay = 'there is no way to that host: is the address right, and is a firewall between?';

const resetAdvice = 'the server hung up: does it speak TLS? Then use wss://, or secure: true';

/** What to check, by the error code of Node. */
const advice: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'is the server running, and is the port right?',
  ENOTFOUND: 'is the host name right?',
  EAI_AGAIN: 'the host name cannot be looked up: is there a network?',
  EHOSTUNREACH: noWay,
  ENETUNREACH: noWay,
  ETIMEDOUT: noWay,
  EPROTO: 'the server does not speak TLS: use ws://, or secure: false',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self-signed certificate: pass it as wsOptions.ca',
  SELF_SIGNED_CERT_IN_CHAIN: 'self-signed certificate: pass its authority as wsOptions.ca',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: certificate,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: certificate,
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for another host name',
};

/** What to check, by the HTTP status of an answer to the upgrade. */
const statusAdvice: Readonly<Record<number, string>> = {
  400: 'is the path right?',
  401: 'it wants credentials that the request has not',
  403: 'has the "origins" option of the server, or what stands before it, refused this client?',
  404: 'is the path right?',
  502: 'the proxy cannot reach the server behind it: is that running?',
  503: 'it is full, or about to end: later attempts may succeed',
  504: 'the proxy cannot reach the server behind it: is that running?',
};

/** Completes "Could not connect to …": the cause, as far as it is known, and what to check. */
export function describeFailure({ url, message, code, status }: FailedAttempt): string {
  if (status !== undefined) {
    const remedy = statusAdvice[status] ?? 'is that a WebSocket server?';
    return `: the server answered ${status} to the upgrade: ${remedy}`;
  }
  if (message === undefined) {
    return (
      '; the browser says why in a line of its own, which scripts do not get. Likely causes: no server is ' +
      'running there, the path is wrong, the "origins" option of the server refused this page, or the server ' +
      (url.startsWith('ws:')
        ? 'speaks TLS (use wss://, or secure: true)'
        : 'does not speak TLS, or has a certificate that the browser does not trust')
    );
  }
  const name = String(code);
  const isReset = name === 'ECONNRESET' && url.startsWith('ws:');
  const remedy = isReset ? resetAdvice : advice[name];
  return remedy === undefined ? `: ${String(message)}` : `: ${name} (${remedy})`;
}
