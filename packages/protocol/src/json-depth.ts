const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/**
 * Whether JSON text nests arrays and objects deeper than `maxDepth`, without parsing it. Brackets
 * inside strings do not count. Three steps, cheapest first: text too short to be that deep, text
 * with too few brackets, then one pass over it.
 */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  // Each level costs an opening and a closing bracket.
  if (text.length < 2 * (maxDepth + 1) || !hasMoreOpeners(text, maxDepth)) {
    return false;
  }
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth++;
      if (depth > maxDepth) {
        return true;
      }
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) {
      depth--;
    }
  }
  return false;
}

/** Counts `[` and `{` by native search, strings included, and stops above the limit. */
function hasMoreOpeners(text: string, limit: number): boolean {
  let count = 0;
  for (const opener of ['{', '[']) {
    let index = text.indexOf(opener);
    while (index !== -1) {
      count++;
      if (count > limit) {
        return true;
      }
      index = text.indexOf(opener, index + 1);
    }
  }
  return false;
}

/** Index of the quote that ends the string starting at `start`; the text's end if there is none. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) {
    end = text.indexOf('"', end + 1);
  }
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let backslashes = 0;
  while (text.charCodeAt(index - 1 - backslashes) === BACKSLASH) {
    backslashes++;
  }
  return backslashes % 2 === 1;
}
