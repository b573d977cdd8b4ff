/** Characters of a text that are shown. */
const MAX_LENGTH = 500;

/** A text, cut off where it becomes long. */
export function cut(text: string): string {
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/**
 * A value as JSON, cut off where it becomes long. What comes behind that is not looked at, so that a large value costs no
 * more than a small one. What JSON would leave out, throw at or show as an empty object is shown, too.
 */
export function excerptOf(value: unknown): string {
  const excerpt = new Excerpt();
  excerpt.add(value);
  return cut(excerpt.text);
}

class Excerpt {
  text = '';

  add(value: unknown): void {
    if (this.text.length > MAX_LENGTH) return;
    const shown = shownAs(value);
    if (typeof shown === 'string') this.text += JSON.stringify(shown.slice(0, MAX_LENGTH));
    else if (Array.isArray(shown)) this.#addItems(shown);
    else if (typeof shown === 'object' && shown !== null) this.#addMembers(shown);
    else this.text += String(shown);
  }

  #addItems(items: readonly unknown[]): void {
    this.text += '[';
    for (const [place, item] of items.entries()) {
      if (this.text.length > MAX_LENGTH) return;
      if (place > 0) this.text += ',';
      this.add(item);
    }
    this.text += ']';
  }

  #addMembers(members: object): void {
    this.text += '{';
    let isFirst = true;
    for (const [name, member] of membersOf(members)) {
      if (this.text.length > MAX_LENGTH) return;
      this.text += `${isFirst ? '' : ','}${JSON.stringify(name.slice(0, MAX_LENGTH))}:`;
      isFirst = false;
      this.add(member);
    }
    this.text += '}';
  }
}

function* membersOf(value: object): Iterable<[string, unknown]> {
  for (const name of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[name];
    if (member !== undefined) yield [name, member];
  }
}

function shownAs(value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return value;
  if (ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`;
  if (value instanceof Map) return { Map: firstOf(value) };
  if (value instanceof Set) return { Set: firstOf(value) };
  const { toJSON } = value as { toJSON?: unknown };
  return typeof toJSON === 'function' ? toJSON.call(value) : value;
}

/** As many as could be shown. */
function firstOf(values: Iterable<unknown>): unknown[] {
  const first: unknown[] = [];
  for (const value of values) if (first.push(value) > MAX_LENGTH) break;
  return first;
}
