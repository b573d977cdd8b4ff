/**
 * What a function of the application answered that has to answer at once. Throws `TypeError` for a promise, whose rejection
 * would be nobody's and end the process.
 * @param what the beginning of a sentence, such as `The userId option`
 */
export function atOnce(answer: unknown, what: string): unknown {
  if (!(answer instanceof Promise)) return answer;
  answer.catch(() => {});
  throw new TypeError(`${what} returned a promise; it must answer at once`);
}
