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
  let isInString = false;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22) {
      isInString = !isInString;
    } else if (isInString) {
      // The character after a backslash is data, also when it is a quote.
      index += Number(code === 0x5c);
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > maxDepth) {
        return true;
      }
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}
