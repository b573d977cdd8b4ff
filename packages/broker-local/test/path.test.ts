import { existsSync, lstatSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { createDirectory } from '@asyngular/test-utils/service';
import { rejection, until } from '@asyngular/test-utils/wait';
import { describe, expect, it } from 'vitest';
import { localBroker, localHub } from '../src/index.js';
import { HubProcess } from './support/hub-process.js';
import { startHub, startNode } from './support/node.js';

function createFolder(): string {
  const folder = createDirectory();
  onCleanup(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe('the socket of a hub', () => {
  it('can be opened by its user only, and so can its folder', async () => {
    const { hub } = await startHub();
    expect(lstatSync(hub.path).isSocket()).toBe(true);
    expect(modeOf(hub.path)).toBe(0o600);
    expect(modeOf(dirname(hub.path))).toBe(0o700);
    expect(readdirSync(dirname(hub.path))).toEqual(['hub.sock']);
  });

  it('is removed when the hub closes, and its folder, if the hub made it', async () => {
    const { hub } = await startHub();
    await Promise.all([hub.close(), hub.close()]);
    expect(existsSync(dirname(hub.path))).toBe(false);
    const folder = createFolder();
    const { hub: other } = await startHub({ path: join(folder, 'hub.sock') });
    await other.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of a hub that was killed is replaced', async () => {
    const dead = await new HubProcess().start();
    onCleanup(() => dead.stop());
    await dead.kill();
    expect(lstatSync(dead.address).isSocket()).toBe(true);
    const { hub } = await startHub({ path: dead.address });
    const { broker } = await startNode({ path: hub.path });
    expect(broker.status).toBe('connected');
    expect(readdirSync(dirname(hub.path))).toEqual(['hub.sock']);
  });

  it('of a living hub is not: the second one is refused, and the first one goes on', async () => {
    const folder = createFolder();
    const path = join(folder, 'hub.sock');
    const { hub, warnings } = await startHub({ path });
    const error = await rejection(localHub({ path }));
    expect(error).toMatchObject({
      name: 'BrokerError',
      message: `The hub cannot listen on ${path}: another hub listens there; let its workers use that one, or choose another path`,
    });
    const { broker } = await startNode({ path: hub.path });
    expect(broker.status).toBe('connected');
    expect(readdirSync(folder)).toEqual(['hub.sock']);
    expect(warnings).toEqual([]);
  });

  it('goes to one of several hubs that start at once over what a dead one left', async () => {
    const dead = await new HubProcess().start();
    onCleanup(() => dead.stop());
    for (let round = 0; round < 5; round++) {
      if (round > 0) await dead.start();
      await dead.kill();
      const started = await Promise.allSettled(
        Array.from({ length: 5 }, () => localHub({ path: dead.address })),
      );
      const hubs = started.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : []));
      for (const hub of hubs) onCleanup(() => hub.close());
      expect(hubs.length).toBe(1);
      expect(readdirSync(dirname(dead.address))).toEqual(['hub.sock']);
      await hubs[0]!.close();
    }
  });

  it('is made again when somebody removes it, and nobody who is connected notices', async () => {
    const { hub, warnings } = await startHub();
    const { broker } = await startNode({ path: hub.path });
    rmSync(dirname(hub.path), { recursive: true });
    await until('the socket to be back', () => warnings.length > 0);
    expect(warnings).toEqual([
      `The hub at ${hub.path}: Somebody has removed its socket, and it has made it again`,
    ]);
    expect([modeOf(hub.path), modeOf(dirname(hub.path))]).toEqual([0o600, 0o700]);
    const { broker: newcomer } = await startNode({ path: hub.path });
    expect([broker.status, newcomer.status]).toEqual(['connected', 'connected']);
    expect(hub.stats().workers).toBe(2);
    await hub.close();
    expect(existsSync(dirname(hub.path))).toBe(false);
  });

  it('takes the place of no other file', async () => {
    const path = join(createFolder(), 'notes.txt');
    writeFileSync(path, 'mine');
    const error = await rejection(localHub({ path }));
    expect(error.message).toBe(
      `The hub cannot listen on ${path}: that is no socket; choose another path`,
    );
    expect(readdirSync(dirname(path))).toEqual(['notes.txt']);
  });

  it('needs a folder, and a path that the system takes', async () => {
    const folder = createFolder();
    const path = join(folder, 'none', 'hub.sock');
    expect(await rejection(localHub({ path }))).toMatchObject({
      name: 'BrokerError',
      message: `The hub cannot listen on ${path}: there is no folder ${join(folder, 'none')}`,
    });
    const long = join(folder, 'x'.repeat(100));
    const message = `is ${long.length} bytes long (${long}); the system takes 107, so choose a shorter folder, such as /run/app or one of os.tmpdir()`;
    expect(await rejection(localHub({ path: long }))).toMatchObject({
      name: 'InvalidOptionsError',
      message: `The path option of localHub() ${message}`,
    });
    expect(() => localBroker({ path: long })).toThrow(
      `The path option of localBroker() ${message}`,
    );
    expect(readdirSync(folder)).toEqual([]);
  });
});
