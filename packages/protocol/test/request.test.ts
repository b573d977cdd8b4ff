import type { WireResponse } from '@asyngular/protocol';
import { AGRequest } from '@asyngular/protocol/internal';
import { expect, expectTypeOf, test } from 'vitest';

function createRequest() {
  const answers: WireResponse[] = [];
  const respond = (answer: WireResponse) => void answers.push(answer);
  return { answers, request: new AGRequest('socket', respond, 7, 'login', { name: 'Ada' }) };
}

test('P3.3 end answers with data', () => {
  const { answers, request } = createRequest();
  expect(request).toMatchObject({
    socket: 'socket',
    id: 7,
    procedure: 'login',
    data: { name: 'Ada' },
    sent: false,
  });
  request.end({ ok: true }, { option: 1 });
  expect(answers).toEqual([{ rid: 7, data: { ok: true } }]);
  expect(request.sent).toBe(true);
});

test('error answers with the error', () => {
  const { answers, request } = createRequest();
  request.error(0);
  expect(answers).toEqual([{ rid: 7, error: 0 }]);
});

test.each([undefined, null])('P3.4 error(%s) still fails the call', (error) => {
  const { answers, request } = createRequest();
  request.error(error);
  expect(answers[0]?.error).toMatchObject({ name: 'UnknownError' });
});

test('P3.11 a second answer throws and sends nothing', () => {
  const { answers, request } = createRequest();
  request.end();
  const again = expect.objectContaining({
    name: 'InvalidActionError',
    message: 'Response to request 7 has already been sent',
  });
  expect(() => request.end()).toThrow(again);
  expect(() => request.error('x')).toThrow(again);
  expect(answers).toHaveLength(1);
});

test('payload types follow the parameters', () => {
  const request = {} as AGRequest<string, { a: number }, boolean>;
  expectTypeOf(request.data).toEqualTypeOf<{ a: number }>();
  expectTypeOf(request.end).parameter(0).toEqualTypeOf<boolean | undefined>();
});
