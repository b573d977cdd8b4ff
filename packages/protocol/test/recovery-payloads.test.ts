import * as internal from '@asyngular/protocol/internal';
import { expect, test } from 'vitest';

const longest = 'x'.repeat(128);
/** What no text of a position is. */
const wrongPositions = [5, '', true, [], {}, ['k:1:0'], `${longest}x`];
const wrongCounts = [-1, 1.5, '5', 2 ** 53, {}, [], true, Number.NaN];

test('P14.4 a subscription may name a position and how long it is old', () => {
  const request = { channel: 'c', recover: longest, away: 5_200.5, mode: 'reject' };
  expect(internal.parseRecoveryRequest(request)).toEqual({
    recover: longest,
    awayMs: 5_200.5,
    rewind: undefined,
    isStrict: true,
  });
});

test('P14.5 a subscription may ask for a rewind, or for nothing', () => {
  const nothing = { recover: undefined, awayMs: 0, rewind: undefined, isStrict: false };
  expect(internal.parseRecoveryRequest({ channel: 'c', rewind: 50 })).toEqual({
    ...nothing,
    rewind: 50,
  });
  expect(internal.parseRecoveryRequest({ rewind: 0, recover: null })?.rewind).toBe(0);
  for (const request of ['c', undefined, {}, { recover: null, rewind: null }]) {
    expect(internal.parseRecoveryRequest(request)).toEqual(nothing);
  }
});

test('P14.2 P14.19 a position or a rewind of a wrong type is refused', () => {
  for (const recover of wrongPositions) {
    expect(internal.parseRecoveryRequest({ recover })).toBeUndefined();
  }
  for (const rewind of wrongCounts) {
    expect(internal.parseRecoveryRequest({ rewind })).toBeUndefined();
  }
});

test('P14.19 a senseless duration counts as 0, and an unknown mode as none', () => {
  for (const away of [-1, '5', null, {}, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(internal.parseRecoveryRequest({ away })?.awayMs).toBe(0);
  }
  for (const mode of ['Reject', true, 1, {}, null]) {
    expect(internal.parseRecoveryRequest({ mode })?.isStrict).toBe(false);
  }
});

test('P14.6 the answer to a subscription tells where the log ends and what follows', () => {
  const reply = { position: 'k:1:0', recovered: true, rewind: 3 };
  expect(internal.parseSubscribeReply(reply)).toEqual(reply);
});

test('P14.20 members of a wrong type in an answer are ignored', () => {
  const none = { position: undefined, recovered: undefined, rewind: 0 };
  for (const data of [undefined, null, 5, 'k:1:0', [], {}]) {
    expect(internal.parseSubscribeReply(data)).toEqual(none);
  }
  expect(internal.parseSubscribeReply({ position: 5, recovered: 1, rewind: -1 })).toEqual(none);
  expect(internal.parsePublishReply({ position: 'k:1:0', duplicate: 'yes' })).toEqual({
    position: 'k:1:0',
    duplicate: false,
  });
});

test('P14.8 a delivery may have a place, which else counts as absent', () => {
  expect(internal.parsePublication({ channel: 'c', data: 1, p: '413:1c22a0f3' })?.place).toBe(
    '413:1c22a0f3',
  );
  for (const p of [...wrongPositions, null, undefined]) {
    expect(internal.parsePublication({ channel: 'c', data: 1, p })).toEqual({
      channel: 'c',
      data: 1,
      place: undefined,
    });
  }
});

test('P14.10 a position notice needs a channel and a place', () => {
  expect(internal.parsePositionNotice({ channel: '', p: '1:0' })).toEqual({
    channel: '',
    place: '1:0',
  });
  for (const p of [...wrongPositions, null, undefined]) {
    expect(internal.parsePositionNotice({ channel: 'c', p })).toBeUndefined();
  }
  expect(internal.parsePositionNotice({ channel: 5, p: '1:0' })).toBeUndefined();
});

test('P14.11 an interruption may have a position, which else counts as absent', () => {
  const times = { channel: 'c', since: 1, until: 2, reason: 'expired' };
  expect(internal.parseInterruption({ ...times, position: 'k:1:0' })?.position).toBe('k:1:0');
  for (const position of [...wrongPositions, null, undefined]) {
    expect(internal.parseInterruption({ ...times, position })).toEqual({
      ...times,
      position: undefined,
    });
  }
});

test('P14.13 an id has 1 to 64 characters', () => {
  const idOf = (id: unknown) => internal.parsePublicationId({ channel: 'c', id });
  expect(['x', 'x'.repeat(64)].map(idOf)).toEqual(['x', 'x'.repeat(64)]);
  expect([undefined, null].map(idOf)).toEqual([null, null]);
  expect(['', 'x'.repeat(65), 5, true, {}, ['x']].map(idOf)).toEqual(Array(6).fill(undefined));
});

test('P14.13 the answer to a publication on a channel with history has a position', () => {
  expect(internal.parsePublishReply({ position: 'k:1:0', duplicate: true })).toEqual({
    position: 'k:1:0',
    duplicate: true,
  });
  for (const data of [undefined, null, 'k:1:0', {}, { position: 5 }, { position: '' }]) {
    expect(internal.parsePublishReply(data)).toBeUndefined();
  }
});

test('P14.16 a piece of history has defaults', () => {
  expect(internal.parseHistoryRequest({ channel: 'c' })).toEqual({
    channel: 'c',
    limit: 100,
    before: undefined,
    after: undefined,
    order: 'newest',
  });
  const asked = { channel: 'c', limit: 5, before: undefined, after: 'k:1:0', order: 'oldest' };
  expect(internal.parseHistoryRequest(asked)).toEqual(asked);
});

test('P14.19 a request for history with a member of a wrong type is refused', () => {
  const wrong = [
    ...wrongPositions.flatMap((position) => [{ before: position }, { after: position }]),
    ...[...wrongCounts, 0].map((limit) => ({ limit })),
    ...['up', 1, {}, true].map((order) => ({ order })),
    { before: 'k:1:0', after: 'k:1:0' },
    { channel: 5 },
  ];
  for (const members of wrong) {
    expect(internal.parseHistoryRequest({ channel: 'c', ...members })).toBeUndefined();
  }
});

test('P14.17 the answer to a request for history is as it must be, or none', () => {
  const reply = {
    publications: [{ data: undefined, position: 'k:1:0' }],
    position: 'k:2:0',
    hasMore: true,
  };
  expect(internal.parseHistoryReply(reply)).toEqual(reply);
  expect(internal.parseHistoryReply({ ...reply, hasMore: 1 })?.hasMore).toBe(false);
  for (const members of [
    { position: 5 },
    { publications: {} },
    { publications: [5] },
    { publications: [{ data: 1 }] },
    { publications: [{ data: 1, position: '' }] },
  ]) {
    expect(internal.parseHistoryReply({ ...reply, ...members })).toBeUndefined();
  }
});
