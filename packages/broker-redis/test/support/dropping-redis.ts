import { Redis } from 'ioredis';

/** A subscriber's client that loses live entries of logs on demand. */
export class DroppingRedis extends Redis {
  /** Live entries that will vanish. */
  toDrop = 0;

  override emit(event: string | symbol, ...args: unknown[]): boolean {
    const isEntry = event === 'messageBuffer' && String(args[0]).endsWith('}:live');
    if (!isEntry || this.toDrop === 0) return super.emit(event, ...args);
    this.toDrop--;
    return true;
  }
}
