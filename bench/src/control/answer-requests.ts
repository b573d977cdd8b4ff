/** A function that the parent process may call by name. */
export type Method = (params: any) => unknown;

/**
 * Child side of the control channel: answers the parent's `{ id, method, params }` over IPC, and
 * ends this process when the parent goes away, so that an interrupted run leaves nothing behind.
 */
export function answerRequests(methods: Record<string, Method>): void {
  process.on('message', async (request: { id: number; method: string; params: unknown }) => {
    try {
      const method = methods[request.method];
      if (!method) throw new Error(`This process has no method named ${request.method}.`);
      process.send?.({ id: request.id, result: await method(request.params) });
    } catch (error) {
      process.send?.({ id: request.id, error: (error as Error).stack ?? String(error) });
    }
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ id: 0, result: 'ready' });
}
