const BEGINNING = /^([^:]+):0:.*$/;

/**
 * A position as the judge compares it. The one before the first publication of a log is the same for everybody, whatever
 * its tag says of the time at which it was asked for.
 */
export function placeOf(position: string): string {
  return position.replace(BEGINNING, '$1:0:0');
}

/** The place before the first publication of a log. */
export function beginningOf(position: string): string {
  return `${position.slice(0, position.indexOf(':'))}:0:0`;
}
