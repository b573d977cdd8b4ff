/** Errors that throw when a certain member is read, or have another type there: name of the case, and a factory. */
export const unreadableErrors: [string, () => unknown][] = [
  ...['message', 'name', 'stack', 'cause'].map((member): [string, () => unknown] => [
    `throws at ${member}`,
    () => throwsAt(member),
  ]),
  ['has no message', () => Object.assign(new Error(), { message: undefined })],
  ['has a number as its name', () => Object.assign(new Error('x'), { name: 5 })],
  ['has no prototype', () => Object.create(null)],
  [
    'throws as text',
    () => ({
      toString() {
        throw new Error('toString');
      },
    }),
  ],
  ['is a symbol', () => Symbol('x')],
  ['is a proxy that was revoked', revoked],
];

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function throwsAt(member: string): Error {
  return Object.defineProperty(new Error('x'), member, {
    enumerable: true,
    get() {
      throw new Error(`getter of ${member}`);
    },
  });
}
