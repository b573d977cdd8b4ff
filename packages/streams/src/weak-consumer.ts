import type { Child } from './children.js';
import type { Consumer } from './consumer.js';

/** The node that keeps the stand-in; which one that is may change while the consumer sleeps. */
interface Keeper {
  attached(): Keeper;
  remove(id: number): void;
}

// React Native's engine lacks the registry: without it entries go at the next write.
const collected =
  globalThis.FinalizationRegistry && new FinalizationRegistry<() => void>((remove) => remove());

/** Represents a consumer that timed out: it goes on collecting, but only while somebody holds it. */
export function standInFor<T>(consumer: Consumer<T>, keeper: Keeper): Child<T> {
  const { id } = consumer;
  const reference = new WeakRef(consumer);
  const remove = () => keeper.attached().remove(id);
  collected?.unregister(consumer);
  collected?.register(consumer, remove, consumer);
  return {
    id,
    forEachConsumer(visit) {
      const referent = reference.deref();
      if (referent) visit(referent);
      else remove();
    },
  };
}
