/** 32 bits of a name (FNV-1a). Sums of them tell two lists of names apart, whatever their order. */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

export function addHash(sum: number, hash: number): number {
  return (sum + hash) >>> 0;
}

export function removeHash(sum: number, hash: number): number {
  return (sum - hash) >>> 0;
}
