import { randomBytes } from 'node:crypto';

/** 16 URL-safe characters, 96 random bits: two nodes of one fleet never share an id. */
export function createNodeId(): string {
  return randomBytes(12).toString('base64url');
}
