import { isRecord, membersOf } from './own.js';

/**
 * Handshake extensions: additions to the protocol that two peers use only when both named them. They
 * travel in the member `ext` of the handshake request and of its reply, an object of extension name →
 * parameters (any JSON). Peers that know none ignore the member. Source: docs/protocol.md P12.
 */
export type Extensions = ReadonlyMap<string, unknown>;

/** Decides on an offer: the parameters to answer with, or `undefined` to decline. */
export type ExtensionAnswer = (offered: unknown) => unknown;

/** Name of the extension that announces publications which may be missing (P12.6). */
export const INTERRUPTION_EXTENSION = 'interruption';

/** Name of the extension with which both sides announce how large a message they take (P12.7). */
export const LIMITS_EXTENSION = 'limits';

/** Name of the extension with which who is in a channel is shown (P15). */
export const PRESENCE_EXTENSION = 'presence';

/** Name of the extension with which what was missed is delivered after a reconnect (P14). */
export const RECOVERY_EXTENSION = 'recovery';

/** Name of the extension with which values that JSON does not have survive (P17). */
export const TYPES_EXTENSION = 'types';

/** Name of the extension with which calls are answered by streams, and bring some along (P16). */
export const STREAM_EXTENSION = 'stream';

/** Name of the extension with which callers withdraw calls, and tell their deadlines (P16). */
export const CANCEL_EXTENSION = 'cancel';

/** Name of the extension for publications that their publisher does not get, and for channels joined by the server (P18.1). */
export const PEOPLE_EXTENSION = 'people';

/** Name of the extension with which clients go to another server before their connection ends (P19). */
export const MOVING_EXTENSION = 'moving';

/** Name of the extension with which clients refuse calls that nobody handles (P12.9). */
export const UNHANDLED_EXTENSION = 'unhandled';

/** Name of the extension with which calls and publications say where they stand in a distributed trace (P20). */
export const TRACE_EXTENSION = 'trace';

/** Most extensions that one side may name; the rest is ignored. */
const MAX_EXTENSIONS = 32;

/** The `ext` member for a handshake; `undefined` (member left out) when there is nothing to name. */
export function encodeExtensions(extensions: Extensions): Record<string, unknown> | undefined {
  return extensions.size > 0 ? Object.fromEntries(extensions) : undefined;
}

/** Reads a peer's `ext` member; anything but an object counts as none, names beyond 32 are ignored. */
export function decodeExtensions(ext: unknown): Map<string, unknown> {
  return new Map(isRecord(ext) ? Object.entries(ext).slice(0, MAX_EXTENSIONS) : []);
}

/** Server: what to answer to a client's `ext` member, name by name in the client's order (P12.2). */
export function negotiateExtensions(
  offered: unknown,
  supported: ReadonlyMap<string, ExtensionAnswer>,
): Map<string, unknown> {
  const agreed = new Map<string, unknown>();
  for (const [name, params] of decodeExtensions(offered)) {
    const answer = supported.get(name)?.(params);
    if (answer !== undefined) {
      agreed.set(name, answer);
    }
  }
  return agreed;
}

/** Client: the extensions in force, those of the server's answer that we had offered (P12.3). */
export function agreedExtensions(offered: Extensions, answered: unknown): Map<string, unknown> {
  return new Map(Object.entries(membersOf(answered)).filter(([name]) => offered.has(name)));
}
