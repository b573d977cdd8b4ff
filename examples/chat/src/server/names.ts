import type { User } from '../shared/chat-contract.js';
import { ChatRuleError } from '../shared/rules.js';

/** Which name belongs to whom while they are connected. Upper and lower case count as the same name. */
export class Names {
  readonly #owners = new Map<string, { userId: string; sockets: Set<string> }>();
  readonly #claims = new Map<string, string>();

  /** Gives the name to this socket. Throws `ChatRuleError` while another person holds it. */
  claim(user: User, socket: { readonly id: string; readonly state: string }): void {
    // The socket may already have closed, and then nothing would release the name.
    if (socket.state === 'closed') return;
    const key = user.name.toLowerCase();
    const owner = this.#owners.get(key) ?? { userId: user.id, sockets: new Set() };
    if (owner.userId !== user.id) {
      throw new ChatRuleError(
        `Somebody here is already called ${user.name}. Please choose another name.`,
      );
    }
    this.release(socket.id);
    owner.sockets.add(socket.id);
    this.#owners.set(key, owner);
    this.#claims.set(socket.id, key);
  }

  /** The name becomes free once the last socket of its owner has let go. */
  release(socketId: string): void {
    const key = this.#claims.get(socketId);
    if (key === undefined) return;
    this.#claims.delete(socketId);
    const owner = this.#owners.get(key);
    owner?.sockets.delete(socketId);
    if (owner?.sockets.size === 0) this.#owners.delete(key);
  }
}
