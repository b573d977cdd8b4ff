/** A channel's name with parameters in braces: `room:{id}` is the text `room:` and the parameter `id`. */
export interface ChannelPattern {
  /** What stands before, between and after the parameters: one more than there are of those. */
  readonly texts: readonly string[];
  readonly params: readonly string[];
  /** Characters outside of braces: the more, the less fits. */
  readonly literalLength: number;
}

/** Why a text is no name or pattern of a channel; `undefined` when it is one. */
export function patternFault(text: string): string | undefined {
  const { texts, params } = parsePattern(text);
  if (texts.some((part) => /[{}]/.test(part))) return 'has a brace without its other half';
  if (params.includes('')) return 'has braces without a name in them';
  if (new Set(params).size < params.length) return 'has two parameters of one name';
  if (texts.slice(1, -1).includes('')) return 'has two parameters with nothing between them';
  return undefined;
}

export function parsePattern(text: string): ChannelPattern {
  // A capturing group: texts and parameters take turns.
  const parts = text.split(/\{([^{}]*)\}/);
  const texts = parts.filter((_, index) => index % 2 === 0);
  const params = parts.filter((_, index) => index % 2 === 1);
  return { texts, params, literalLength: texts.join('').length };
}

/**
 * Whether a channel's name fits, each parameter having one character or more. Not a regular expression, because names
 * come from clients: the earliest place for each text is as good as any, so that no place is tried twice.
 */
export function fits({ texts }: ChannelPattern, name: string): boolean {
  const last = texts.length - 1;
  if (!name.startsWith(texts[0]!)) return false;
  let at = texts[0]!.length;
  for (let index = 1; index < last; index++) {
    const found = name.indexOf(texts[index]!, at + 1);
    if (found === -1) return false;
    at = found + texts[index]!.length;
  }
  return name.endsWith(texts[last]!) && name.length - texts[last]!.length > at;
}
