import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createSigner } from 'fast-jwt';
import type { Usage } from '../control/meter.js';
import { withChildren } from '../control/with-children.js';
import { authKey } from '../payload.js';
import { formatValue, formatVerdict } from '../report/numbers.js';
import { listenHttp } from '../servers/listen.js';
import type { Latency } from './bystanders.js';
import type { TokenCrowdLoad } from './crowd-load.js';
import { percentile } from './percentile.js';

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const BYSTANDERS = 100;
const CLIENTS = 5_000;
const P99_GOAL_MS = 50;
const claims = { name: 'ann', iat: 1, exp: 9_999_999_999 };

/** A way to verify tokens: the options of the server, and a token that it accepts. */
interface Tokens {
  readonly name: string;
  readonly options: object;
  readonly token: string | undefined;
}

interface Arrival {
  readonly wallMs: number;
  readonly usage: Usage;
  readonly latency: Latency;
}

/** Prints how a crowd with tokens arrives at once, and what others notice of it: medians of alternating rounds. */
export async function printTokenCrowd(rounds: number): Promise<void> {
  console.log(
    `\nCrowd with tokens: ${CLIENTS.toLocaleString('en')} clients connect at once; ${BYSTANDERS} others publish to ` +
      `themselves and make calls in turn; median of ${rounds} rounds\n`,
  );
  const { kinds, close } = await startTokens();
  const arrivals = kinds.map((): Arrival[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, kind] of kinds.entries()) arrivals[index]!.push(await measure(kind));
  }
  close();
  console.log(
    '| tokens | all in after, ms | server CPU, ms | CPU of the longest turn, ms | others p50, ms | p99, ms |',
  );
  console.log('| --- | --: | --: | --: | --: | --: |');
  for (const [index, { name }] of kinds.entries()) {
    const median = (of: (arrival: Arrival) => number) => percentile(arrivals[index]!.map(of), 0.5);
    const p99Ms = median(({ latency }) => latency.p99Ms);
    const cells = [
      median(({ wallMs }) => wallMs),
      median(({ usage }) => usage.cpuMicros / 1_000),
      median(({ usage }) => usage.longestTurnMicros / 1_000),
      median(({ latency }) => latency.p50Ms),
      p99Ms,
    ];
    const verdict = `goal ≤ ${P99_GOAL_MS}: ${formatVerdict(p99Ms <= P99_GOAL_MS)}`;
    console.log(`| ${[name, ...cells.map(formatValue)].join(' | ')}, ${verdict} |`);
  }
}

async function startTokens(): Promise<{ kinds: Tokens[]; close(): void }> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  const pem = {
    authPublicKey: String(publicKey.export({ type: 'spki', format: 'pem' })),
    authPrivateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  };
  const keys = JSON.stringify({
    keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' }],
  });
  const { server, port } = await listenHttp(
    createServer((_request, response) => response.end(keys)),
  );
  const rsa = { key: pem.authPrivateKey, algorithm: 'RS256', kid: 'one' } as const;
  return {
    kinds: [
      { name: 'none', options: { authKey }, token: undefined },
      {
        name: 'HS256',
        options: { authKey },
        token: createSigner({ key: authKey, algorithm: 'HS256' })(claims),
      },
      { name: 'RS256', options: pem, token: createSigner(rsa)(claims) },
      {
        name: 'RS256 by JWKS',
        options: { authJwksUrl: `http://127.0.0.1:${port}/` },
        token: createSigner(rsa)(claims),
      },
    ],
    close: () => void server.close(),
  };
}

function measure({ options, token }: Tokens): Promise<Arrival> {
  return withChildren(async (start) => {
    const args = ['asyngular-tokens', JSON.stringify(options)];
    const server = await start('servers/main.js', args, { core: SERVER_CORE });
    const load = await start('recovery/crowd-load.js', [], { core: LOAD_CORE });
    const bystanders = await start('recovery/bystanders.js', [], { core: LOAD_CORE });
    const port = await server.call<number>('port');
    const request: TokenCrowdLoad = { port, connections: CLIENTS, token };
    await bystanders.call('prepare', { port, count: BYSTANDERS, publishes: true });
    await bystanders.call('start');
    await server.call('start', { watchesTurns: true });
    const wallMs = await load.call<number>('arriveAtOnce', request);
    const usage = await server.call<Usage>('stop');
    const latency = await bystanders.call<Latency>('stop');
    return { wallMs, usage, latency };
  });
}
