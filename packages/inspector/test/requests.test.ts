import { request as httpRequest } from 'node:http';
import { until, within } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import type { InspectorVerdict } from '../src/index.js';
import { fromPage, type Inspected, startInspected } from './support/inspected.js';

/** A request that no browser would make: the path goes out as it is. */
function askRaw({ origin }: Inspected, path: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  const answer = new Promise<number>((resolve, reject) => {
    httpRequest({ hostname, port, path }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    })
      .on('error', reject)
      .end();
  });
  return within(`an answer to ${path}`, answer);
}

describe('who may look', () => {
  const statusFor = async (authorize: () => unknown) => {
    const inspected = await startInspected({
      inspector: { authorize: authorize as () => InspectorVerdict },
    });
    const paths = ['', 'inspector.js', 'api/session', 'api/overview', 'api/sockets', 'nothing'];
    const responses = await Promise.all(paths.map((path) => inspected.ask(path)));
    expect(new Set(responses.map(({ status }) => status)).size).toBe(1);
    return { ...inspected, response: responses[0]! };
  };

  it.each([false, undefined, null, 0, 'yes'])(
    '%s is nobody, for the page and for data',
    async (verdict) => {
      const { response } = await statusFor(() => verdict);
      expect(response.status).toBe(403);
    },
  );

  it('a challenge makes the browser ask', async () => {
    const { response } = await statusFor(() => ({ challenge: 'Basic realm="x"' }));
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="x"');
  });

  it('an error is a refusal and a warning', async () => {
    const { response, warnings } = await statusFor(() => {
      throw new Error('the session store is away');
    });
    expect(response.status).toBe(403);
    expect(await response.text()).not.toContain('session store');
    await until('the warnings', () => warnings.length > 0);
    expect(String(warnings[0])).toContain('the session store is away');
  });

  it('an error that is returned is one, too', async () => {
    const { response, warnings } = await statusFor(() => new Error('not signed in'));
    expect(response.status).toBe(403);
    await until('the warnings', () => warnings.length > 0);
    expect(String(warnings[0])).toContain('not signed in');
  });

  it('no decision is a refusal in time', async () => {
    let asked = 0;
    const { ask, clock, warnings } = await startInspected({
      inspector: {
        authorize: () => {
          asked++;
          return new Promise(() => {});
        },
      },
    });
    const response = ask('');
    await until('the question', () => asked === 1);
    clock.pass(10_000);
    expect((await response).status).toBe(503);
    await until('the warning', () => warnings.length > 0);
    expect(String(warnings[0])).toContain('did not decide within 10 s');
  });

  it.each([true, 'yes', 1, null])(
    'may be decided later, and for looking only: %s',
    async (readOnly) => {
      const { ask, origin } = await startInspected({
        inspector: { authorize: async () => ({ name: 'ann', readOnly }) as InspectorVerdict },
      });
      const session = await (await ask('api/session')).json();
      expect(session).toMatchObject({ name: 'ann', readOnly: true });
      const response = await ask(
        'api/actions',
        await fromPage(ask, origin, { action: 'publish', channel: 'a', data: 1 }),
      );
      expect(response.status).toBe(403);
    },
  );
});

describe('answers', () => {
  it('forbid frames, foreign scripts, styles in the page, and keeping data', async () => {
    const { ask } = await startInspected();
    const { headers } = await ask('api/overview');
    const policy = headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe-inline');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('server-timing')).toMatch(/^loop;dur=\d+\.\d\d$/);
  });

  it.each([
    ['cross-site', 403],
    ['same-site', 403],
    ['same-origin', 200],
    ['none', 200],
  ])('that keep the server busy are for its own page alone: %s', async (site, status) => {
    const { ask, server } = await startInspected();
    const headers = { 'sec-fetch-site': site };
    expect((await ask('api/tail?of=channel&name=a', { headers })).status).toBe(status);
    const isWatched = () => server.brokerEngine.isSubscribed('a');
    if (status === 200) await until('the watcher', isWatched);
    else expect(isWatched()).toBe(false);
    // Links on other sites may lead to the page, so what is no data is answered.
    expect((await ask('nothing', { headers })).status).toBe(404);
  });

  it('are empty for what the page has already', async () => {
    const { ask } = await startInspected();
    const first = await ask('api/forms');
    const etag = first.headers.get('etag')!;
    const again = await ask('api/forms', { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
  });

  it('lead to the path with a slash, whatever stands before it', async () => {
    const { origin } = await startInspected();
    const response = await fetch(`${origin}/_asyngular`, { redirect: 'manual' });
    expect(response.status).toBe(308);
    expect(response.headers.get('location')).toBe('_asyngular/');
  });

  it.each([
    '/_asyngular/../package.json',
    '/_asyngular/..%2f..%2fpackage.json',
    '/_asyngular/%2e%2e/src/index.ts',
    '/_asyngular/inspector.js/../../x',
    '/_asyngular/api/',
    '/_asyngular/api/constructor',
    '/_asyngular/api/socket',
    '/_asyngular/api/sockets?order=by%20name',
    '/_asyngular/api/sockets?limit=1000000',
    '/_asyngular/api/sockets?offset=-1',
    `/_asyngular/api/sockets?search=${'a'.repeat(1_001)}`,
    '/_asyngular/api/tail?of=everything&name=a',
    '/_asyngular/api/disconnect?id=a',
    '/_asyngular/api/overview?action=publish&channel=a',
  ])('%s reads no file and asks for nothing else', async (path) => {
    const inspected = await startInspected();
    const status = await askRaw(inspected, path);
    // A parameter cannot turn a look into an action.
    expect(path.includes('overview') ? [200] : [400, 404]).toContain(status);
    expect(inspected.lines.filter((line) => line.includes('inspector:'))).toEqual([]);
  });

  it('know their methods', async () => {
    const { ask } = await startInspected();
    const response = await ask('api/overview', { method: 'DELETE' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const action = await ask('api/actions');
    expect([action.status, action.headers.get('allow')]).toEqual([405, 'POST']);
    const head = await ask('api/overview', { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(await head.text()).toBe('');
  });

  it('are left to the application everywhere else, and again after close()', async () => {
    const { origin, inspector } = await startInspected({
      app: (_request, response) => void response.end('the application'),
    });
    const read = async (path: string) => (await fetch(`${origin}${path}`)).text();
    for (const path of ['/', '/_asyngularity', '/a/_asyngular/']) {
      expect(await read(path)).toBe('the application');
    }
    expect(await read('/_asyngular/api/overview')).toContain('"stats"');
    inspector.close();
    inspector.close();
    expect(await read('/_asyngular/api/overview')).toBe('the application');
  });

  it('are given by handle() on any HTTP server', async () => {
    const { inspector } = await startInspected();
    expect(inspector.handle({ url: '/elsewhere' } as never, {} as never)).toBe(false);
  });
});

describe('requests to do something', () => {
  const publish = { action: 'publish', channel: 'news', data: 'hello' };

  it('come from the page', async () => {
    const { act, lines } = await startInspected({
      inspector: { authorize: () => ({ name: 'ann' }) },
    });
    const response = await act(publish);
    expect(response.status).toBe(200);
    expect(lines.at(-1)).toBe('asyngular: inspector: ann published on the channel news');
  });

  it.each<[string, (headers: Record<string, string>) => Record<string, string>]>([
    ['another origin', (headers) => ({ ...headers, origin: 'http://evil.example' })],
    ['no origin', ({ origin: _, ...headers }) => headers],
    ['an origin that is none', (headers) => ({ ...headers, origin: 'null' })],
    ['another site', (headers) => ({ ...headers, 'sec-fetch-site': 'cross-site' })],
    ['a sibling site', (headers) => ({ ...headers, 'sec-fetch-site': 'same-site' })],
    ['no token', ({ 'x-inspector-token': _, ...headers }) => headers],
    ['another token', (headers) => ({ ...headers, 'x-inspector-token': 'a'.repeat(32) })],
    [
      'a token of other letters',
      (headers) => ({ ...headers, 'x-inspector-token': 'é'.repeat(32) }),
    ],
    ['no cookie', ({ cookie: _, ...headers }) => headers],
    [
      'an empty token in both',
      (headers) => ({ ...headers, cookie: 'asyngular-inspector=', 'x-inspector-token': '' }),
    ],
  ])('are refused from %s', async (_from, change) => {
    const { ask, origin, lines, warnings } = await startInspected();
    const { headers, ...rest } = await fromPage(ask, origin, publish);
    const response = await ask('api/actions', { ...rest, headers: change(headers) });
    expect(response.status).toBe(403);
    expect(lines.filter((line) => line.includes('inspector:'))).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it('are accepted by what the browser says of the site where a proxy has changed the host', async () => {
    const { ask, origin } = await startInspected();
    const { headers, ...rest } = await fromPage(ask, origin, publish);
    const changed = { ...headers, origin: 'https://ops.example', 'sec-fetch-site': 'same-origin' };
    expect((await ask('api/actions', { ...rest, headers: changed })).status).toBe(200);
  });

  it('have a body of JSON that is an action, and not too long', async () => {
    const { ask, origin } = await startInspected();
    const status = async (change: object) => {
      const init = await fromPage(ask, origin, publish);
      return (await ask('api/actions', { ...init, ...change })).status;
    };
    const { headers } = await fromPage(ask, origin, publish);
    expect(await status({ headers: { ...headers, 'content-type': 'text/plain' } })).toBe(415);
    expect(await status({ body: '{' })).toBe(400);
    expect(await status({ body: '{"view":"overview"}' })).toBe(400);
    expect(await status({ body: '{"action":"publish"}' })).toBe(400);
    expect(await status({ body: '[]' })).toBe(400);
    expect(await status({ body: JSON.stringify({ ...publish, data: 'x'.repeat(300_000) }) })).toBe(
      413,
    );
  });

  it('may end in the middle, which is no fault of the server', async () => {
    const { server, ask, origin, warnings, lines } = await startInspected();
    const { headers, method } = await fromPage(ask, origin, publish);
    const broken = new Promise<void>((resolve) => {
      server.httpServer!.once('request', (incoming) => {
        incoming.once('close', resolve);
        request.destroy();
      });
    });
    const request = httpRequest(`${origin}/_asyngular/api/actions`, {
      method,
      headers: { ...headers, 'content-length': 1_000 },
    });
    request.on('error', () => {});
    request.write('{"action":');
    await within('the end of the request', broken);
    expect((await ask('api/overview')).status).toBe(200);
    expect(warnings).toEqual([]);
    expect(lines.filter((line) => line.includes('inspector:'))).toEqual([]);
  });

  it('change nothing on a server whose inspector is read-only, whatever the viewer may do', async () => {
    const { act, lines, ask } = await startInspected({
      inspector: { readOnly: true, authorize: () => ({ readOnly: false }) },
    });
    expect(await (await ask('api/session')).json()).toMatchObject({ readOnly: true });
    expect((await act(publish)).status).toBe(403);
    expect(lines.filter((line) => line.includes('inspector:'))).toEqual([]);
  });
});
