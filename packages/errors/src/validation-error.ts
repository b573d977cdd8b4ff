import { AsyngularError } from './asyngular-error.js';

/** One thing that a schema objects to. Both texts have at most 200 characters. */
export interface ValidationIssue {
  /** Where it is in the data, such as `users[3].name`; `''` for the data as a whole. */
  readonly path: string;
  /** The schema library's words. */
  readonly message: string;
}

/** Data do not fit the schema that the contract has for them. */
export class ValidationError extends AsyngularError {
  override name = 'ValidationError' as const;
  readonly code = 'ERR_VALIDATION';
  /** What the schema objects to, at most 20 of it, in the schema's order. */
  readonly issues: readonly ValidationIssue[];

  constructor(message?: string, issues: readonly ValidationIssue[] = [], options?: ErrorOptions) {
    super(message, options);
    this.issues = issues;
  }
}
