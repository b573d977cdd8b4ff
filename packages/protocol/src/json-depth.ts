/**
 * Whether JSON text nests arrays and objects deeper than `maxDepth`, without parsing it. Brackets
 * inside strings do not count. Text too short to be that deep is not looked at.
 */
export function isDeeperThan(text: string, maxDepth: number): boolean {
  // Each level costs an opening and a closing bracket.
  if (text.length < 2 * (maxDepth + 1)) {
    return false;
  }
  let depth = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      index = endOfString(text, index);
    } else if (code === 0x5b || code === 0x7b) {
      depth++;
      if (depth > maxDepth) {
        return true;
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}

/** Index of the quote that ends the string starting at `start`; the text's end if there is none. */
function endOfString(text: string, start: number): number {
  let end = start;
  let isEscaped: boolean;
  do {
    end = text.indexOf('"', end + 1);
    let backslash = end - 1;
    while (text[backslash] === '\\') {
      backslash--;
    }
    isEscaped = (end - backslash) % 2 === 0;
  } while (end !== -1 && isEscaped);
  return end === -1 ? text.length : end;
}
