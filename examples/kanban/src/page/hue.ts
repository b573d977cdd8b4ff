import type { CSSProperties } from 'react';

/** The colour of a person, the same on every page, as the custom property `--hue`. */
export function hueOf(key: string): CSSProperties {
  let hue = 0;
  for (const character of key) hue = (hue * 31 + character.codePointAt(0)!) % 360;
  return { '--hue': hue } as CSSProperties;
}
