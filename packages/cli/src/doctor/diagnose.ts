import { TLSSocket } from 'node:tls';
import type { ProtocolVersion } from '@asyngular/protocol';
import { judgeCertificate } from './certificate.js';
import { dial, dialTcp, resolveHost, type Target } from './dial.js';
import { judgeHandshake, judgePing, judgeSize, judgeToken } from './judge-session.js';
import { judgeUpgrade } from './judge-upgrade.js';
import { SessionProbe } from './session-probe.js';
import { Fault, type Station, type Step, stations } from './step.js';
import { probeUpgrade } from './upgrade-probe.js';

/** What a diagnosis looks at. */
export interface DiagnosisOptions {
  readonly target: Target;
  readonly version: ProtocolVersion;
  readonly token: string | null;
  /** Of the upgrade request; `Origin` among them, if there is one. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the message that has to get through. */
  readonly bytes: number;
}

/** Goes the way of a client, station by station; `onStep` gets each as it is passed. Never rejects for what is found. */
export async function diagnose(
  options: DiagnosisOptions,
  onStep: (step: Step) => void,
): Promise<Step[]> {
  const steps: Step[] = [];
  let since = performance.now();
  const add = (step: Step) => {
    const timed = step.state === 'skipped' ? step : { ...step, ms: performance.now() - since };
    steps.push(timed);
    onStep(timed);
    since = performance.now();
  };
  try {
    await pass(options, add);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    add(error.toStep());
    for (const station of rest(steps)) {
      add({ station, state: 'skipped', text: `not reached: see ${error.station}` });
    }
  }
  return steps;
}

/** Stations of which nothing is known yet. */
function rest(steps: readonly Step[]): Station[] {
  const seen = new Set(steps.map(({ station }) => station));
  return stations.filter((station) => !seen.has(station));
}

async function pass(options: DiagnosisOptions, add: (step: Step) => void): Promise<void> {
  const { target, version, token, headers, bytes } = options;
  const good = (station: Station, text: string) => add({ station, state: 'good', text });
  const addresses = await resolveHost(target);
  good('dns', `${target.hostname} is ${addresses.join(', ')}`);
  (await dialTcp(target)).destroy();
  good('tcp', `port ${target.port} accepts connections`);
  add(await passTls(target));
  await judgeUpgrade(await probeUpgrade(target, headers), target, headers);
  good('upgrade', 'a WebSocket was opened');
  good('path', target.path);
  add(originStep(headers.Origin));
  const probe = new SessionProbe(target, version, headers);
  try {
    if (!(await probe.opened())) {
      throw new Fault('handshake', 'other-protocol', 'the second WebSocket was not opened');
    }
    const welcome = await judgeHandshake(probe, token, target.timeoutMs);
    good('handshake', `the server calls this connection ${welcome.id}`);
    add(judgeToken(welcome, token));
    add(await judgePing(probe, welcome));
    add(await judgeSize(probe, welcome, bytes, target.timeoutMs));
  } finally {
    probe.close();
  }
}

async function passTls(target: Target): Promise<Step> {
  if (!target.secure) return { station: 'tls', state: 'skipped', text: 'not used by ws://' };
  const socket = await dial(target);
  try {
    if (!(socket instanceof TLSSocket)) throw new TypeError('A secure target gives a TLS socket.');
    return judgeCertificate(socket, target, Date.now());
  } finally {
    socket.destroy();
  }
}

function originStep(origin: string | undefined): Step {
  return origin === undefined
    ? {
        station: 'origin',
        state: 'skipped',
        text: 'no page was named (--origin https://example.com)',
      }
    : { station: 'origin', state: 'good', text: `${origin} is allowed` };
}
