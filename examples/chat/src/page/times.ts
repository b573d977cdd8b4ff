import { createElement } from './dom.js';

// Without a locale of our own, times are written as in the language and the region of the browser.
const timeFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'full' });
const { locale } = timeFormat.resolvedOptions();

/** The time of day; the date is in its tooltip. */
export function createTime(time: number): HTMLTimeElement {
  const element = createElement('time', '', timeFormat.format(time));
  element.dateTime = new Date(time).toISOString();
  element.title = dayFormat.format(time);
  element.lang = locale;
  return element;
}

/** The line above the first message of a day. */
export function createDay(time: number): HTMLElement {
  const element = createElement('p', 'day', dayFormat.format(time));
  element.lang = locale;
  return element;
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
