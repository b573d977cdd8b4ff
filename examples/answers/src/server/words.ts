import { setTimeout as sleep } from 'node:timers/promises';

const OPENINGS = [
  'Good question.',
  'Let me think about that.',
  'There are several ways to look at it.',
];

const SENTENCES = [
  'A stream is a promise that is kept in small parts.',
  'Slow readers are waited for, and nothing is written for those who have left.',
  'The generator sleeps at its next yield until somebody wants another word.',
  'Nothing is thrown away on the way, and nothing is said twice.',
  'A stop button is one line: it aborts a signal, and the signal ends the work.',
  'When the train enters a tunnel, the sentence goes on behind it.',
  'All of this comes over the one connection that the page has anyway.',
];

/** Stands for a language model: as inventive as a few sentences allow, and the same for the same question. */
function thinkOf(question: string): string[] {
  let seed = [...question].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7);
  const pick = (texts: readonly string[]): string => {
    seed = (seed * 1_664_525 + 1_013_904_223) >>> 0;
    return texts[seed % texts.length] ?? '';
  };
  const sentences = [pick(OPENINGS), `You ask: “${question}”`];
  for (let count = 0; count < 12; count++) sentences.push(pick(SENTENCES));
  return sentences.join(' ').split(' ');
}

/** Types the answer out, from the word of that number on, until it is over or nobody waits for it any more. */
export async function* typeOut(
  question: string,
  { from, delayMs, signal }: { from: number; delayMs: number; signal: AbortSignal },
): AsyncGenerator<string> {
  for (const word of thinkOf(question).slice(from)) {
    await sleep(delayMs, undefined, { signal });
    yield `${word} `;
  }
}
