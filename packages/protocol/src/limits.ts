import { ResourceLimitError } from '@asyngular/errors';
import { isDevelopment } from '@asyngular/errors/internal';
import { isRecord } from './own.js';
import { utf8Length } from './utf8.js';

/** What a peer takes in one message: the parameters of the extension `limits` (P12.7). */
export interface Limits {
  /** Bytes. */
  readonly maxPayload: number;
  /** Packets of a batch. */
  readonly maxBatchLength: number;
}

/** Reads what a peer announced. Published ones announce nothing: they take what `ws` does, and any batch. */
export function parseLimits(announced: unknown): Limits {
  const { maxPayload, maxBatchLength } = isRecord(announced) ? announced : {};
  return {
    maxPayload: positiveOr(104_857_600, maxPayload),
    maxBatchLength: positiveOr(Infinity, maxBatchLength),
  };
}

export const publishedLimits: Limits = parseLimits(undefined);

/**
 * Refuses what the peer would close the connection for. `content` is what `message` was encoded from, if anything;
 * `remedy` ends the error's message.
 * @throws ResourceLimitError that names the limit
 */
export function assertWithinLimits(
  content: unknown,
  message: string | ArrayBufferLike | ArrayBufferView,
  { maxPayload, maxBatchLength }: Limits,
  remedy = '',
): void {
  const packets = Array.isArray(content) ? content.length : 1;
  const bytes = sizeOf(message, maxPayload);
  if (bytes > maxPayload || packets > maxBatchLength) {
    const excess =
      bytes > maxPayload
        ? `${bytes} bytes exceed the peer's maxPayload, ${maxPayload}`
        : `${packets} packets exceed the peer's maxBatchLength, ${maxBatchLength}`;
    throw new ResourceLimitError(
      isDevelopment
        ? `${subjectOf(content)} was not sent: ${excess}${remedy}`
        : `${bytes} bytes, ${packets} packets`,
    );
  }
}

function subjectOf(content: unknown): string {
  const { event, rid } = Object(content) as { event?: unknown; rid?: unknown };
  if (event !== undefined) {
    return `Event ${String(event)}`;
  }
  return rid === undefined ? 'The message' : 'The answer';
}

/** Bytes; exact only where the limit is near, because counting takes time. */
function sizeOf(message: string | ArrayBufferLike | ArrayBufferView, limit: number): number {
  if (typeof message !== 'string') {
    return message.byteLength;
  }
  const { length } = message;
  return length * 3 > limit && length <= limit ? utf8Length(message) : length;
}

function positiveOr(fallback: number, value: unknown): number {
  return typeof value === 'number' && value > 0 ? value : fallback;
}
