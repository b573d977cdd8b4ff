/** What a `warning` of the server is about, as far as it is known. */
export interface WarningDetails {
  /** The channel concerned. */
  channel?: string;
  /** The procedure concerned. */
  procedure?: string;
  /** The receiver concerned. */
  receiver?: string;
  /** The `id` of the `InternalServerError` that the caller got in place of the error. */
  errorId?: string;
}
