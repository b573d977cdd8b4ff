/** The element with this id, checked to be of the expected class. */
export function byId<T extends HTMLElement>(id: string, type: abstract new () => T): T {
  const element = document.getElementById(id);
  if (element instanceof type) return element;
  throw new Error(`index.html has no ${type.name} with the id "${id}".`);
}

/** A new element. What people write is only ever added to the page as text, so it cannot become markup. */
export function createElement<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  className: string,
  text = '',
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** A disc with a person's initials, in a colour derived from the name. */
export function createAvatar(name: string): HTMLElement {
  const initials = name
    .split(/[ ._'’-]+/)
    .filter(Boolean)
    .map((word) => [...word][0] ?? '');
  const letters = initials.length > 1 ? [initials[0], initials.at(-1)] : initials;
  const avatar = createElement('span', 'avatar', letters.join('').toUpperCase());
  avatar.ariaHidden = 'true';
  avatar.style.setProperty('--hue', String(hueOf(name)));
  return avatar;
}

/** FNV-1a: names that differ by a letter get colours far apart. */
function hueOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const character of name) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  return (hash >>> 0) % 360;
}

/** The text to show for a failed call. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'The server did not answer. Please try again.';
  if (error.name === 'BadConnectionError') return 'The connection was lost. Please try again.';
  return error.message;
}
