/** What came is no frame of this version: its connection cannot be used any more. */
export class FrameError extends Error {
  override readonly name = 'FrameError';
}
