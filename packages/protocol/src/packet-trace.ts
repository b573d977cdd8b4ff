import { parsePacket } from './packets.js';

/** Characters of a payload that a trace shows. */
const MAX_SHOWN = 200;
const HIDDEN = '[hidden]';
/** Members whose values no trace shows. */
const secretMember = /token|password|secret|authorization|cookie/i;
/** A signed token, wherever it stands. */
const signedToken = /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g;

/** What a log must not pass on to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const controls = /[\x00-\x1f\x7f-\x9f\u2028\u2029\p{Bidi_Control}]+/gu;

/** A packet in one line: its event and payload, or the call it answers. Payloads are cut, tokens never shown. */
export function describePacket(content: unknown): string {
  const packet = parsePacket(content);
  if (!packet) {
    return `no packet: ${describePayload(content)}`;
  }
  const { event, cid, rid, data, error } = packet;
  if (event === undefined) {
    const isFailure = error !== undefined && error !== null;
    return `answer to call ${rid}${isFailure ? ', an error' : ''}: ${describePayload(isFailure ? error : data)}`;
  }
  const call = cid === undefined ? '' : `call ${cid} `;
  return `${call}${oneLine(event)}: ${event === '#authenticate' ? HIDDEN : describePayload(data)}`;
}

function describePayload(data: unknown): string {
  return oneLine(jsonOf(data) ?? 'nothing');
}

/** JSON that hides what must not be shown; what has none becomes a remark, because traces must never throw. */
function jsonOf(data: unknown): string | undefined {
  try {
    return JSON.stringify(data, (name, value) =>
      secretMember.test(name) && value !== null
        ? HIDDEN
        : typeof value === 'bigint'
          ? String(value)
          : value,
    );
  } catch (error) {
    return `[unreadable: ${String(error)}]`;
  }
}

/**
 * A text of a peer as a log may show it: without line breaks, escape sequences and what turns the direction of text,
 * without tokens, and short.
 */
export function oneLine(text: string, maxLength = MAX_SHOWN): string {
  const line = text.replace(signedToken, HIDDEN).replace(controls, ' ');
  return line.length > maxLength
    ? `${line.slice(0, maxLength)}… (${line.length} characters)`
    : line;
}
