import type { RawClient } from '@asyngular/test-utils/raw-client';

/** Answers the server's calls as a client's procedures would. What is thrown becomes the error. */
export function answering(
  client: RawClient,
  procedures: Record<string, (data: any) => unknown>,
): void {
  client.ws.on('message', async (message, isBinary) => {
    const text = String(message);
    if (isBinary || !text.startsWith('{')) return;
    const { event, data, cid: rid } = JSON.parse(text);
    const procedure = procedures[event];
    if (rid === undefined || procedure === undefined) return;
    try {
      client.send({ rid, data: await procedure(data) });
    } catch (error) {
      client.send({ rid, error: { name: 'Error', message: String(error) } });
    }
  });
}
