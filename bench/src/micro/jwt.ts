import { createSigner, createVerifier } from 'fast-jwt';
import { authKey } from '../payload.js';
import { loadPeer } from '../peers.js';
import { listenHttp } from '../servers/listen.js';

/** Distinct tokens, so that a cache of verified tokens would not help. */
export function createTokens(count: number): string[] {
  const sign = createSigner({ key: authKey, expiresIn: 3_600_000 });
  return Array.from({ length: count }, (_, id) =>
    sign({ id, user: `user-${id}`, roles: ['a', 'b'] }),
  );
}

type Verify = (token: string) => unknown;

/** Each verifies through what its server would call. */
export const verifiers: Record<string, () => Promise<Verify>> = {
  asyngular: async () => {
    const { attach } = await import('@asyngular/server');
    const { server } = await listenHttp();
    const agServer: any = attach(server, { authKey });
    return (token) =>
      agServer.auth.verifyToken(
        token,
        agServer.verificationKey,
        agServer.defaultVerificationOptions,
      );
  },
  socketcluster: async () => {
    const { server } = await listenHttp();
    const agServer = loadPeer('socketcluster-server').attach(server, { authKey });
    return (token) =>
      agServer.auth.verifyToken(
        token,
        agServer.verificationKey,
        agServer.defaultVerificationOptions,
      );
  },
  'fast-jwt': async () => createVerifier({ key: authKey, algorithms: ['HS256'] }),
};
