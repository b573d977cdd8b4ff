import type { AGClientSocket } from '@asyngular/client';
import { pause, until } from '@asyngular/test-utils/wait';

/** Numbered lines that clients say in a room with history, and what each of them hears. */
export class Talk {
  readonly room: string;
  readonly said: string[] = [];
  readonly #heard = new Map<AGClientSocket, string[]>();
  #isOver = false;
  readonly #talking: Promise<void>[] = [];

  constructor(room = 'room:lobby') {
    this.room = room;
  }

  /** What a client has heard so far. */
  heardBy(socket: AGClientSocket): readonly string[] {
    return this.#heard.get(socket) ?? [];
  }

  async listen(socket: AGClientSocket): Promise<void> {
    const heard: string[] = [];
    this.#heard.set(socket, heard);
    const channel = socket.subscribe(this.room);
    (async () => {
      for await (const data of channel) heard.push(data);
    })();
    await channel.listener('subscribe').once(5_000);
  }

  /** Says line after line, each when the one before was taken; those that were not taken are said again. */
  speak(socket: AGClientSocket, name: string): void {
    const talk = async () => {
      for (let line = 1; !this.#isOver; line++) {
        const text = `${name} ${line}`;
        await socket.invokePublish(this.room, text, { id: text });
        this.said.push(text);
        await pause(2);
      }
    };
    this.#talking.push(talk());
  }

  /** Waits until everybody has heard so many lines more. */
  async goesOn(lines: number, seen: () => unknown): Promise<void> {
    const before = new Map([...this.#heard].map(([socket, heard]) => [socket, heard.length]));
    await until(
      `everybody to hear ${lines} lines more`,
      () =>
        [...this.#heard].every(([socket, heard]) => heard.length >= before.get(socket)! + lines),
      () => `${this.#counts()} ${seen()}`,
    );
  }

  /** Ends it, and waits until everybody has heard as many lines as were said. */
  async end(seen: () => unknown): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#talking);
    await until(
      'everybody to have heard everything',
      () => [...this.#heard.values()].every((heard) => heard.length >= this.said.length),
      () => `${this.#counts()} ${seen()}`,
    );
  }

  #counts(): string {
    const heard = [...this.#heard.values()].map((lines) => lines.length);
    return `${this.said.length} lines were said, and heard: ${heard.join(', ')}`;
  }
}
