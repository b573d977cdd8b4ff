/**
 * Where the page shows something: `#/sockets/ID`. A client may put half a character into a name, which no address can
 * hold; another sign stands for it there, so that one such name does not keep all others from being shown.
 */
export function addressOf(view: 'sockets' | 'channels' | 'publish', name: string): string {
  return `#/${view}/${encodeURIComponent(name.replace(/\p{Surrogate}/gu, '\ufffd'))}`;
}
