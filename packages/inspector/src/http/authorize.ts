import type { IncomingMessage } from 'node:http';
import type { Clock } from '../clock.js';
import type { InspectorOptions, InspectorVerdict } from '../options.js';

/** How long `authorize` may take, in ms. */
const TIMEOUT_MS = 10_000;
/** Characters of a viewer's name. */
const MAX_NAME = 100;

/** Somebody who may look. */
export interface Viewer {
  readonly name: string;
  readonly readOnly: boolean;
}

/** What becomes of a request before anything is looked at. */
export type Admission =
  | { readonly viewer: Viewer }
  | { readonly status: 401; readonly challenge: string }
  | { readonly status: 403 | 503; readonly error?: unknown };

/** Asks the application who may look. */
export async function admit(
  request: IncomingMessage,
  {
    authorize,
    readOnly,
  }: Required<Pick<InspectorOptions, 'authorize' | 'readOnly'>> & { readOnly: boolean },
  clock: Clock,
): Promise<Admission> {
  let cancel = () => {};
  const late = new Promise<'late'>((resolve) => {
    cancel = clock.after(TIMEOUT_MS, () => resolve('late'));
  });
  try {
    const verdict = await Promise.race([authorize(request), late]);
    if (verdict !== 'late') return admissionBy(verdict, readOnly);
    const error = new Error(
      `The authorize option of the inspector did not decide within ${TIMEOUT_MS / 1_000} s, so the request was refused`,
    );
    return { status: 503, error };
  } catch (error) {
    return { status: 403, error };
  } finally {
    cancel();
  }
}

function admissionBy(verdict: InspectorVerdict, readOnly: boolean): Admission {
  if (verdict === true) return { viewer: { name: 'somebody', readOnly } };
  // JavaScript may return anything, and neither a user record that is null nor an error is a permission.
  if (verdict instanceof Error) throw verdict;
  if (typeof verdict !== 'object' || verdict === null) return { status: 403 };
  if ('challenge' in verdict) return { status: 401, challenge: verdict.challenge };
  const name = String(verdict.name ?? 'somebody').slice(0, MAX_NAME);
  // Only what says that they may do more than look lets them.
  const mayAct = verdict.readOnly === undefined || verdict.readOnly === false;
  return { viewer: { name, readOnly: readOnly || !mayAct } };
}
