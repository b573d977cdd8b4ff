import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { readSettings } from '../examples/cluster/src/settings.js';

// What kubectl and docker would refuse, or what would make a rolling deploy lose clients.

const root = resolve(import.meta.dirname, '..');
const deploy = join(root, 'deploy');

function read(path: string): any[] {
  return parseAllDocuments(readFileSync(join(deploy, path), 'utf8'), { uniqueKeys: true }).map(
    (document) => {
      expect([...document.errors, ...document.warnings], path).toEqual([]);
      return document.toJS();
    },
  );
}

const manifests = readdirSync(join(deploy, 'kubernetes'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yaml'))
  .map((path) => join('kubernetes', path));

describe.each(['nats', 'redis'])('compose on %s', (broker) => {
  const [compose] = read(`compose.${broker}.yaml`);
  const { services } = compose;

  it('starts servers behind a balancer when the broker is healthy', () => {
    expect(Object.keys(services)).toEqual(['server', broker, 'balancer']);
    const { server, balancer } = services;
    expect(server.deploy.replicas).toBeGreaterThan(1);
    expect(server.depends_on[broker]).toEqual({ condition: 'service_healthy' });
    expect(server.ports, 'replicas cannot share a port of the host').toBeUndefined();
    expect(services[broker].healthcheck).toBeDefined();
    expect(balancer.depends_on.server).toEqual({ condition: 'service_healthy' });
    for (const volume of balancer.volumes) {
      expect(existsSync(join(deploy, volume.split(':')[0]))).toBe(true);
    }
    expect(existsSync(join(deploy, server.build.context, server.build.dockerfile))).toBe(true);
  });

  it('gives the example settings it takes, and time to drain', () => {
    const { environment, stop_grace_period } = services.server;
    const env = Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [name, `${value}`]),
    );
    const settings = readSettings([], env);
    expect(settings).toMatchObject({ broker, port: 8000 });
    expect(new URL(settings.brokerUrl!).hostname).toBe(broker);
    expect(Number.parseInt(stop_grace_period, 10) * 1000).toBeGreaterThan(
      settings.drainMs + 10_000,
    );
  });

  it('pins its images', () => {
    for (const { image } of Object.values<any>(services)) {
      if (image) expect(image).toMatch(/^[\w./-]+:\d+\.\d+/);
    }
  });
});

describe('kubernetes', () => {
  it.each(manifests.filter((path) => !path.includes('kustomization')))(
    '%s has what its kind needs',
    (path) => {
      for (const object of read(path)) {
        expect(object).toMatchObject({
          apiVersion: expect.any(String),
          kind: expect.any(String),
          metadata: { name: expect.stringMatching(/^[a-z0-9-]+$/) },
        });
        const { kind, spec } = object;
        if (kind === 'Service') expect(spec.ports.length).toBeGreaterThan(0);
        if ((kind !== 'Deployment' && kind !== 'StatefulSet') || path.endsWith('server.yaml'))
          continue;
        expect(spec.template.metadata.labels).toMatchObject(spec.selector.matchLabels);
        for (const container of spec.template.spec.containers) {
          const ports = container.ports.map(({ name }: any) => name);
          for (const probe of [container.livenessProbe, container.readinessProbe]) {
            const port = (probe.httpGet ?? probe.tcpSocket)?.port;
            if (port) expect(ports).toContain(port);
          }
          expect(container.resources).toMatchObject({ requests: {}, limits: {} });
          const mounts = (container.volumeMounts ?? []).map(({ name }: any) => name);
          const volumes = (spec.template.spec.volumes ?? []).map(({ name }: any) => name);
          expect(volumes).toEqual(mounts);
        }
      }
    },
  );

  it('kustomizations name files that exist and patch what is there', () => {
    for (const path of manifests.filter((it) => it.includes('kustomization'))) {
      const [{ resources, patches = [] }] = read(path);
      const folder = dirname(join(deploy, path));
      for (const name of [...resources, ...patches.map((patch: any) => patch.path)]) {
        expect(existsSync(join(folder, name)), `${path}: ${name}`).toBe(true);
      }
    }
    const [deployment] = read('kubernetes/base/deployment.yaml');
    for (const broker of ['nats', 'redis']) {
      const [patch] = read(`kubernetes/${broker}/server.yaml`);
      expect([patch.kind, patch.metadata.name]).toEqual(['Deployment', deployment.metadata.name]);
      const [container] = deployment.spec.template.spec.containers;
      const [patched] = patch.spec.template.spec.containers;
      expect(patched.name).toBe(container.name);
      const env = Object.fromEntries(
        [...container.env, ...patched.env].map(({ name, value }: any) => [name, value]),
      );
      const settings = readSettings([], env);
      const services = read(`kubernetes/${broker}/${broker}.yaml`).filter(
        ({ kind }) => kind === 'Service',
      );
      const url = new URL(settings.brokerUrl!);
      expect(settings.broker).toBe(broker);
      expect(services[0].metadata.name).toBe(url.hostname);
      expect(services[0].spec.ports.map(({ port }: any) => `${port}`)).toContain(url.port);
    }
  });

  it('the server is probed, drained and reached on its port', () => {
    const [{ spec }] = read('kubernetes/base/deployment.yaml');
    const [service] = read('kubernetes/base/service.yaml');
    const [budget] = read('kubernetes/base/disruption-budget.yaml');
    const { containers, terminationGracePeriodSeconds } = spec.template.spec;
    const [container] = containers;
    const env = Object.fromEntries(container.env.map(({ name, value }: any) => [name, value]));
    expect(container.livenessProbe.httpGet.path).toBe('/healthz');
    expect(container.readinessProbe.httpGet.path).toBe('/readyz');
    expect(container.ports[0].containerPort).toBe(Number(env.PORT));
    expect(service.spec.selector).toEqual(spec.selector.matchLabels);
    expect(service.spec.ports[0].targetPort).toBe(container.ports[0].name);
    expect(service.spec.sessionAffinity).toBeUndefined();
    expect(budget.spec.selector).toEqual(spec.selector);
    const sleep = Number(container.lifecycle.preStop.exec.command.at(-1));
    expect(terminationGracePeriodSeconds).toBeGreaterThan(sleep + Number(env.DRAIN_MS) / 1000 + 10);
    expect(spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
  });
});

describe('the image', () => {
  const dockerfile = readFileSync(join(deploy, 'Dockerfile'), 'utf8');
  const [, command = ''] = /CMD \["sh", "-c", "exec node (.+)"\]/.exec(dockerfile) ?? [];

  it('starts the example on all cores, by what the build makes', () => {
    const [main, subcommand, file, ...options] = command.split(' ');
    const { bin } = manifest('packages/cli') as { bin: { asyngular: string } };
    expect(join('packages/cli', bin.asyngular)).toBe(main);
    expect(subcommand).toBe('start');
    expect(file).toBe('examples/cluster/dist/server.js');
    expect(existsSync(join(root, 'examples/cluster/src/server.ts'))).toBe(true);
    expect(options.join(' ')).toContain('--workers $WORKERS --spread $DRAIN_MS');
  });

  it('runs on a Node that we support, as nobody in particular, and says how it is', () => {
    for (const [, engine] of dockerfile.matchAll(/FROM node:(\d+)/g)) {
      expect(Number(engine)).toBeGreaterThanOrEqual(20);
    }
    expect(dockerfile).toMatch(/^USER node$/m);
    expect(dockerfile).toMatch(/^HEALTHCHECK (.|\n)+readyz/m);
  });
});

describe('the unit of systemd', () => {
  const unit = readFileSync(join(deploy, 'asyngular.service'), 'utf8');
  const setting = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1];

  it('lets the first process end its workers, and waits longer than that takes', () => {
    expect(setting('KillMode')).toBe('mixed');
    expect(setting('ExecReload')).toBe('/bin/kill -USR2 $MAINPID');
    expect(Number(setting('TimeoutStopSec'))).toBeGreaterThan(30 + 5);
  });

  it('starts the command that the package has', () => {
    const { name, bin } = manifest('packages/cli') as { name: string; bin: { asyngular: string } };
    const main = join('node_modules', name, bin.asyngular);
    expect(setting('ExecStart')).toContain(`/usr/bin/node ${main} start `);
  });
});

function manifest(folder: string): unknown {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}
