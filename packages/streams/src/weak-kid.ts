import type { Consumer } from './consumer.js';
import type { Kid, StreamNode } from './stream-node.js';

// React Native's engine lacks the registry: without it entries go at the next write.
const collected =
  globalThis.FinalizationRegistry && new FinalizationRegistry<() => void>((forget) => forget());

/** The stand-in of a consumer that timed out: it collects on, but only while somebody holds it. */
export function weaken<T>(consumer: Consumer<T>, node: StreamNode<T>): Kid<T> {
  const { id } = consumer;
  const reference = new WeakRef(consumer);
  const forget = () => node.home().forget(id);
  collected?.unregister(consumer);
  collected?.register(consumer, forget, consumer);
  return {
    id,
    each(visit) {
      const referent = reference.deref();
      if (referent) visit(referent);
      else forget();
    },
  };
}
