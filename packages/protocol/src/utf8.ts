// UTF-8 as text of one character per byte, as btoa() and atob() have it. TextEncoder and TextDecoder are
// missing where React Native runs Hermes, and in the jsdom environment of Jest.

/** With the flag `u` a pair of surrogates is one character, which this does not match. */
const loneSurrogates = /[\ud800-\udfff]/gu;

/** A text as part of a URL. Lone surrogates, which have no encoding, become U+FFFD as in URLs that browsers make. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.replace(loneSurrogates, '\ufffd'));
}

/** The bytes of a text, with U+FFFD for each lone surrogate as in TextEncoder. */
export function encodeUtf8(text: string): string {
  return percentEncode(text).replace(/%(..)/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** How many bytes a text has. Lone surrogates, which JSON escapes, count as halves of a pair. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3;
  }
  return bytes;
}

/** The text of bytes. @throws URIError for bytes that are no UTF-8 */
export function decodeUtf8(bytes: string): string {
  return decodeURIComponent(
    bytes.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`),
  );
}
