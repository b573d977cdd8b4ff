// UTF-8 as text of one character per byte, as btoa() and atob() have it. TextEncoder and TextDecoder are
// missing where React Native runs Hermes, and in the jsdom environment of Jest.

/** With the flag `u` a pair of surrogates is one character, which this does not match. */
const loneSurrogates = /[\ud800-\udfff]/gu;

/** The bytes of a text. Lone surrogates, which have no UTF-8, become U+FFFD as in TextEncoder. */
export function encodeUtf8(text: string): string {
  return encodeURIComponent(text.replace(loneSurrogates, '\ufffd')).replace(/%(..)/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

/** The text of bytes. @throws URIError for bytes that are no UTF-8 */
export function decodeUtf8(bytes: string): string {
  return decodeURIComponent(
    bytes.replace(/[%\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16)}`),
  );
}
