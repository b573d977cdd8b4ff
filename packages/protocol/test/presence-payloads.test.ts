import * as internal from '@asyngular/protocol/internal';
import { expect, test } from 'vitest';

const secret = 'q0Vt3Jf1mZ8sB2yKx7Lw-_';
const wrongTexts = [5, true, null, [], {}, ['c']];
const wrongFlags = [0, 1, 'true', null, [], {}];
const wrongCounts = [0, -1, 1.5, '2', 2 ** 53, {}, [], true, null];

test('P15.2 an offer has a secret and an id, or nothing', () => {
  const offer = { client: secret, was: 'kQ3vYx0_cN5rT8aPAAAB' };
  expect(internal.parsePresenceOffer(offer)).toEqual(offer);
  const nothing = { client: undefined, was: undefined };
  for (const params of [undefined, null, {}, [], 5, 'x']) {
    expect(internal.parsePresenceOffer(params)).toEqual(nothing);
  }
  for (const client of [...wrongTexts, '', secret.slice(1), `${secret}x`, `${secret.slice(1)}é`]) {
    expect(internal.parsePresenceOffer({ client, was: 'x'.repeat(129) })).toEqual(nothing);
  }
});

test('P15.4 a subscription may enter with any state, and may watch', () => {
  for (const state of [null, 0, '', false, [], { a: 1 }]) {
    const request = { channel: 'c', presence: { state, watch: true } };
    expect(internal.parsePresenceRequest(request)).toEqual({ state, watch: true });
  }
  const nothing = { state: undefined, watch: undefined };
  expect(internal.parsePresenceRequest({ presence: {} })).toEqual(nothing);
});

test('P15.5 a presence that is none is told from one that is absent', () => {
  for (const request of ['c', undefined, null, {}, { presence: null }]) {
    expect(internal.parsePresenceRequest(request)).toBeNull();
  }
  for (const presence of [5, 'x', true, [], false]) {
    expect(internal.parsePresenceRequest({ presence })).toBeUndefined();
  }
  for (const watch of wrongFlags) {
    expect(internal.parsePresenceRequest({ presence: { state: 1, watch } })).toBeUndefined();
  }
});

test('P15.5 the answer has the key, or why the member was refused', () => {
  const answer = internal.parsePresenceAnswer({ presence: { key: 'ada' } });
  expect(answer).toEqual({ key: 'ada', error: null });
  const error = { name: 'PresenceRefusedError', message: 'no' };
  expect(internal.parsePresenceAnswer({ presence: { error } })?.error).toMatchObject(error);
  for (const data of [undefined, null, 5, {}, { presence: null }, { presence: [] }]) {
    expect(internal.parsePresenceAnswer(data)).toBeUndefined();
  }
  for (const key of wrongTexts) {
    expect(internal.parsePresenceAnswer({ presence: { key } })?.key).toBeUndefined();
  }
});

test('P15.6 a command says one thing of one channel', () => {
  const read = (command: object) => internal.parsePresenceCommand({ channel: '', ...command });
  expect(read({ enter: null })).toEqual({ channel: '', type: 'enter', state: null });
  expect(read({ update: { a: 1 } })).toEqual({ channel: '', type: 'update', state: { a: 1 } });
  expect(read({ leave: true })).toEqual({ channel: '', type: 'leave' });
  expect(read({ watch: false })).toEqual({ channel: '', type: 'watch', watch: false });
});

test('P15.7 what is no command cannot be read', () => {
  for (const channel of [undefined, ...wrongTexts]) {
    expect(internal.parsePresenceCommand({ channel, enter: 1 })).toBeUndefined();
  }
  for (const flag of wrongFlags) {
    expect(internal.parsePresenceCommand({ channel: 'c', watch: flag })).toBeUndefined();
    expect(internal.parsePresenceCommand({ channel: 'c', leave: flag })).toBeUndefined();
  }
  for (const data of [undefined, null, 5, 'c', [], { channel: 'c' }]) {
    expect(internal.parsePresenceCommand(data)).toBeUndefined();
  }
  expect(internal.parsePresenceCommand({ channel: 'c', leave: false })).toBeUndefined();
  expect(internal.parsePresenceCommand({ channel: 'c', enter: 1, watch: true })).toBeUndefined();
});

test('P15.10 a page of members is read', () => {
  const ada = { key: 'ada', userId: 'ada', state: { a: 1 }, at: 5, n: 2 };
  const page = { channel: 'c', sync: true, page: 1, of: 2, members: [ada], partial: true };
  expect(internal.parsePresenceNotice(page)).toEqual({
    channel: 'c',
    type: 'sync',
    page: 1,
    of: 2,
    isPartial: true,
    members: [ada],
  });
  for (const number of wrongCounts) {
    expect(internal.parsePresenceNotice({ ...page, page: number })).toBeUndefined();
    expect(internal.parsePresenceNotice({ ...page, of: number })).toBeUndefined();
  }
  expect(internal.parsePresenceNotice({ ...page, page: 3 })).toBeUndefined();
});

test('P15.12 changes are read', () => {
  const changes = {
    enter: [{ key: 'eve', state: null, at: 5 }],
    update: [{ key: 'ada', n: 1 }],
    leave: ['bob'],
    count: 2,
  };
  expect(internal.parsePresenceNotice({ channel: 'c', ...changes })).toEqual({
    channel: 'c',
    type: 'changes',
    enter: [{ key: 'eve', state: null, at: 5, n: 1 }],
    update: [{ key: 'ada', n: 1 }],
    leave: ['bob'],
  });
});

test('P15.14, P15.15 a count, a key and an error are read', () => {
  const read = (notice: object) => internal.parsePresenceNotice({ channel: 'c', ...notice });
  expect(read({ count: 0 })).toEqual({ channel: 'c', type: 'count', count: 0 });
  expect(read({ key: '' })).toEqual({ channel: 'c', type: 'key', key: '' });
  expect(read({ error: { name: 'E', message: 'no' } })).toMatchObject({
    type: 'error',
    error: { name: 'E', message: 'no' },
  });
});

test('P15.16 what has a wrong type is ignored', () => {
  for (const wrong of [5, 'x', true, {}, [5], [null], [[]], [{ key: 5 }], [{}]]) {
    const none = { enter: [], update: [], leave: [] };
    const notice = { channel: 'c', enter: wrong, update: wrong, leave: wrong };
    expect(internal.parsePresenceNotice(notice)).toMatchObject(none);
    const page = { channel: 'c', sync: true, page: 1, of: 1, members: wrong };
    expect(internal.parsePresenceNotice(page)).toMatchObject({ members: [] });
  }
  for (const wrong of wrongCounts) {
    const members = [{ key: 'ada', state: 1, userId: 5, at: '5', n: wrong }];
    expect(
      internal.parsePresenceNotice({ channel: 'c', sync: true, page: 1, of: 1, members }),
    ).toMatchObject({ members: [{ key: 'ada', state: 1, at: 0, n: 1 }] });
  }
  for (const data of [undefined, null, 5, [], {}, { channel: 5, count: 1 }, { channel: 'c' }]) {
    expect(internal.parsePresenceNotice(data)).toBeUndefined();
  }
});
