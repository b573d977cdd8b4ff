import { JetStreamError } from './api.js';
import { LaggingReplicasError } from './pages.js';
import { NoAnswerError, NoRespondersError } from './requests.js';

/** Whether what has failed with this error may succeed in a moment. */
export function isTemporary(error: unknown): boolean {
  if (error instanceof JetStreamError) return error.isTransient;
  return [NoRespondersError, NoAnswerError, LaggingReplicasError].some(
    (kind) => error instanceof kind,
  );
}
