import { describe, expect, it } from 'vitest';
import { type Linked, RecencyList } from '../src/recency-list.js';

interface Item extends Linked<Item> {
  readonly name: string;
}

function listOf(...names: string[]) {
  const list = new RecencyList<Item>();
  const items = names.map((name): Item => ({ name, older: undefined, newer: undefined }));
  for (const item of items) list.add(item);
  const order = () => {
    const found: string[] = [];
    for (let item = list.oldest; item; item = item.newer) found.push(item.name);
    return found.join('');
  };
  return { list, items, order };
}

describe('a list of items by their last use', () => {
  it('has the one that was used longest ago in front', () => {
    const { list, items, order } = listOf('a', 'b', 'c');
    list.touch(items[0]!);
    expect(order()).toBe('bca');
    list.touch(items[2]!);
    expect(order()).toBe('bac');
  });

  it('does without what is taken out of it, and lets go of it in both directions', () => {
    for (const [index, rest] of ['bc', 'ac', 'ab'].entries()) {
      const { list, items, order } = listOf('a', 'b', 'c');
      const item = items[index]!;
      list.remove(item);
      expect(order()).toBe(rest);
      // An item that is gone, and that the collector has not come to, would otherwise keep all that follow it.
      expect(item.older).toBeUndefined();
      expect(item.newer).toBeUndefined();
    }
  });
});
