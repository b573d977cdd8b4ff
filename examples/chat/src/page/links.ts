const ADDRESS = /https?:\/\/[^\s<>"]+/giu;
/** Ends a sentence rather than an address. */
const TRAILING = /[.,:;!?'’)\]}…]+$/u;

/** The text with its web addresses as links. Nothing else becomes markup, and no other scheme becomes a link. */
export function createTextWithLinks(text: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  let end = 0;
  for (const { 0: found, index } of text.matchAll(ADDRESS)) {
    const address = withoutTrailing(found);
    if (!URL.canParse(address)) continue;
    fragment.append(text.slice(end, index), createLink(address));
    end = index + address.length;
  }
  fragment.append(text.slice(end));
  return fragment;
}

/** A closing bracket stays when the address has its opening one, as in `/wiki/Stream_(computing)`. */
function withoutTrailing(found: string): string {
  const address = found.replace(TRAILING, '');
  const isBracketed = found[address.length] === ')' && address.includes('(');
  return isBracketed ? `${address})` : address;
}

/** `noopener` keeps the other page from steering this one, `noreferrer` from learning its address. */
function createLink(address: string): HTMLAnchorElement {
  const link = document.createElement('a');
  link.href = address;
  link.target = '_blank';
  link.rel = 'noopener noreferrer';
  link.textContent = address;
  return link;
}
