import { CommandError } from '../command-error.js';
import { exitCodes } from '../exit-codes.js';
import { parseMetrics, type Sample } from './parse-metrics.js';

const TIMEOUT_MS = 5_000;
/** More than a server of ours ever writes; another program's endpoint may be anything. */
const MAX_BYTES = 16 * 1_048_576;

/** Reads a metrics endpoint. Rejects with a `CommandError` that says what came instead. */
export async function scrape(url: string): Promise<Sample[]> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    text = await readBounded(response);
  } catch (error) {
    const { cause, message } = error as Error;
    throw new CommandError(
      exitCodes.noConnection,
      `${url} cannot be read (${(cause as Error | undefined)?.message ?? message}); does the server have { metrics: { port } }?`,
      { cause: error },
    );
  }
  const samples = response.ok ? parseMetrics(text) : [];
  if (samples.length === 0) {
    throw new CommandError(
      exitCodes.noConnection,
      `${url} answered ${response.status} without metrics; the endpoint of a server ends with /metrics`,
    );
  }
  return samples;
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let bytes = 0;
  let text = '';
  for await (const piece of response.body ?? []) {
    bytes += piece.byteLength;
    if (bytes > MAX_BYTES) throw new Error(`it is longer than ${MAX_BYTES} bytes`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
