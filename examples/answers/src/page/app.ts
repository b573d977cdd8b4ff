import { create } from '@asyngular/client';
import type { AnswersApi } from '../shared/answers-api.js';

// Sooner than by default, because somebody is reading.
const autoReconnectOptions = { initialDelay: 1_000, randomness: 1_000 };
const socket = create<AnswersApi>({ autoReconnectOptions });

const form = element<HTMLFormElement>('form');
const input = element<HTMLInputElement>('question');
const button = element<HTMLButtonElement>('button');
const list = element<HTMLOListElement>('answers');
const status = element<HTMLParagraphElement>('status');

/** Set while an answer is being typed out. */
let stop: AbortController | undefined;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (stop) stop.abort();
  else if (input.value.trim()) void ask(input.value.trim());
});

/** Adds the question and types its answer out. */
async function ask(text: string): Promise<void> {
  const answer = addAnswer(text);
  stop = new AbortController();
  const { signal } = stop;
  button.textContent = 'Stop';
  input.value = '';
  let words = 0;
  try {
    const resume = () => ({ text, from: words });
    for await (const word of socket.stream('answer', { text, from: 0 }, { signal, resume })) {
      words++;
      answer.append(word);
    }
    answer.dataset.state = 'complete';
  } catch (error) {
    answer.dataset.state = signal.aborted ? 'stopped' : 'failed';
    if (!signal.aborted) answer.append(`— ${(error as Error).message}`);
  } finally {
    stop = undefined;
    button.textContent = 'Ask';
    input.focus();
  }
}

function addAnswer(question: string): HTMLElement {
  const item = document.createElement('li');
  const heading = document.createElement('h2');
  const answer = document.createElement('p');
  heading.textContent = question;
  answer.dataset.state = 'typing';
  item.append(heading, answer);
  list.append(item);
  item.scrollIntoView({ block: 'end' });
  return answer;
}

/** What is on the page says that it waits, and goes on by itself. */
async function showConnection(): Promise<void> {
  for await (const _event of socket.listener('disconnect')) {
    status.textContent = 'Connection lost. Reconnecting…';
    await socket.listener('connect').once();
    status.textContent = '';
  }
}

function element<T extends HTMLElement>(id: string): T {
  return document.getElementById(id) as T;
}

void showConnection();
