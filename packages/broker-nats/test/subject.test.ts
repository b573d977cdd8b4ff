import { describe, expect, it } from 'vitest';
import { channelToSubject, natsBroker } from '../src/index.js';

describe('channelToSubject', () => {
  it.each([
    ['room1', 'p.c.room1'],
    ['room:1/ü☃', 'p.c.room:1/ü☃'],
    ['', 'p.c.='],
    ['=', 'p.c.=3d;'],
    ['a.b c', 'p.c.a=2e;b=20;c'],
    ['*>', 'p.c.=2a;=3e;'],
    ['\r\n\t\u0000', 'p.c.=d;=a;=9;=0;'],
    ['\ud800', 'p.c.=d800;'],
    ['__proto__', 'p.c.__proto__'],
    [null, 'p.n'],
  ])('%j → %s', (channel, subject) => {
    expect(channelToSubject('p', channel)).toBe(subject);
  });

  it('hashes names that would not fit into a protocol line', () => {
    const one = channelToSubject('p', '☃'.repeat(1_000));
    expect(one).toMatch(/^p\.h\.[\w-]{43}$/);
    expect(channelToSubject('p', `${'☃'.repeat(999)}x`)).not.toBe(one);
    expect(channelToSubject('p', 'x'.repeat(512))).toBe(`p.c.${'x'.repeat(512)}`);
    expect(channelToSubject('p', 'x'.repeat(513))).toMatch(/^p\.h\./);
  });

  it('refuses prefixes that are no subject tokens', () => {
    for (const subjectPrefix of ['', 'a b', 'a..b', '.a', 'a.*', 'a>']) {
      expect(() => natsBroker({ subjectPrefix })).toThrow(
        'The subjectPrefix option of natsBroker() is',
      );
    }
  });

  it('refuses options that nobody knows, and impossible values', () => {
    const create = (options: object) => () => natsBroker(options);
    expect(create({ server: 'nats://a' })).toThrow(
      'Unknown option server of natsBroker(); did you mean servers?',
    );
    expect(create({ heartBeatMs: 5 })).toThrow('did you mean heartbeatMs?');
    expect(create({ port: '4222' })).toThrow(
      "The port option of natsBroker() is '4222'; it must be a TCP port, 0 to 65535",
    );
    expect(create({ interestDelayMs: 60_001 })).toThrow('from 0 to 60000');
    expect(
      natsBroker({ servers: ['nats://a', 'nats://b'], name: 'x', tls: null as never }).name,
    ).toBe('nats');
  });
});
