import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onCleanup } from '@asyngular/test-utils/cleanup';
import { closeServer, listenOn } from '@asyngular/test-utils/ports';
import { exportJWK, type JWK, SignJWT } from 'jose';

export interface Provider {
  url: string;
  /** How often the key set was fetched. */
  fetches: number;
  /** Answers with this status and body instead of the keys. */
  fault: [status: number, body: string] | undefined;
  /** Makes a key, and publishes it unless `hidden`. */
  addKey(kid: string, algorithm?: string, hidden?: boolean): Promise<KeyObject>;
  removeKey(kid: string): void;
}

/** An identity provider's key set on a local port. */
export async function startProvider(): Promise<Provider> {
  const keys = new Map<string, JWK>();
  const provider: Provider = {
    url: '',
    fetches: 0,
    fault: undefined,
    async addKey(kid, algorithm = 'RS256', hidden = false) {
      const { publicKey, privateKey } =
        algorithm === 'EdDSA'
          ? generateKeyPairSync('ed25519')
          : algorithm === 'ES256'
            ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
            : generateKeyPairSync('rsa', { modulusLength: 2048 });
      if (!hidden) keys.set(kid, { ...(await exportJWK(publicKey)), kid, use: 'sig' });
      return privateKey;
    },
    removeKey: (kid) => void keys.delete(kid),
  };
  const httpServer = createServer((_request, response) => {
    provider.fetches++;
    const [status, body] = provider.fault ?? [200, JSON.stringify({ keys: [...keys.values()] })];
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(body);
  });
  await listenOn(httpServer);
  onCleanup(() => {
    httpServer.closeAllConnections();
    return closeServer(httpServer);
  });
  provider.url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}/jwks.json`;
  return provider;
}

/** A token of a provider's key. */
export function issue(
  key: KeyObject,
  kid: string,
  claims: object = {},
  alg = 'RS256',
): Promise<string> {
  return new SignJWT({ name: 'ann', ...claims })
    .setProtectedHeader({ alg, kid })
    .setIssuedAt()
    .sign(key);
}
