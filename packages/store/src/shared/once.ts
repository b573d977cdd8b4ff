/** A function that may be called again without doing anything again. */
export function once(callback: () => void): () => void {
  let isDone = false;
  return () => {
    if (!isDone) {
      isDone = true;
      callback();
    }
  };
}
