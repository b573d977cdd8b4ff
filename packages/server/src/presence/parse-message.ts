import { isRecord, type UnknownRecord } from '@asyngular/protocol/internal';
import { MAX_STAMP } from './hybrid-clock.js';
import type { ChannelContent, PresenceMessage, WireRecord } from './messages.js';

/** Reads what another server sent; `undefined` if any part of it is of a wrong type. */
export function parsePresenceMessage(value: unknown): PresenceMessage | undefined {
  if (!isRecord(value)) return undefined;
  return isMessage(value) ? (value as unknown as PresenceMessage) : undefined;
}

function isMessage(value: UnknownRecord): boolean {
  switch (value.type) {
    case 'watch':
    case 'unwatch':
      return isListOf(isText)(value.channels);
    case 'none':
      return isListOf(isText)(value.channels) && isCount(value.asOf);
    case 'delta':
      return (
        isText(value.channel) &&
        isCount(value.from) &&
        isCount(value.to) &&
        isContent(value.content) &&
        isListOf(isText)(value.gone)
      );
    case 'state':
      return (
        isText(value.channel) &&
        isCount(value.version) &&
        isCount(value.asOf) &&
        isPart(value.page, value.of) &&
        isContent(value.content)
      );
    case 'moved':
      return isListOf(isTuple(isText, isText, isText))(value.places);
    case 'took':
      return isListOf(isTuple(isText, isText, isTime))(value.places);
    case 'digest':
      return (
        isCount(value.asOf) &&
        isPart(value.part, value.of) &&
        isListOf(isTuple(isText, isCount))(value.versions) &&
        isListOf(isTuple(isText, isCount, isCount))(value.watching)
      );
    default:
      return false;
  }
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

const isTime: Check = (value) => typeof value === 'number' && Number.isFinite(value);

function isPart(part: unknown, of: unknown): boolean {
  return isCount(part) && isCount(of) && part < of;
}

function isListOf(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

function isTuple(...checks: Check[]): Check {
  return (value) =>
    Array.isArray(value) &&
    value.length === checks.length &&
    checks.every((check, index) => check(value[index]));
}

const isMove = isTuple(isText, isText);

function isContent(value: unknown): value is ChannelContent {
  return (
    isRecord(value) &&
    isListOf(isWireRecord)(value.set) &&
    isListOf(isMove)(value.moved) &&
    (value.count === null || isCount(value.count))
  );
}

function isWireRecord(value: unknown): value is WireRecord {
  if (!Array.isArray(value) || value.length < 5 || value.length > 6) return false;
  const [key, , stamp, joinedAt, connections, userId] = value;
  return (
    isText(key) &&
    isCount(stamp) &&
    stamp <= MAX_STAMP &&
    isTime(joinedAt) &&
    isCount(connections) &&
    connections > 0 &&
    (value.length === 5 || userId === null || isText(userId))
  );
}
