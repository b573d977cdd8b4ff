// npm run bench:recovery -- [--only jitter,crowd,tokens] [--server part of its name] [--seconds n] [--rounds n]
import { parseArgs } from 'node:util';
import { printCrowd } from './crowd.js';
import { printJitter } from './jitter.js';
import { printTokenCrowd } from './token-crowd.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'crowd,tokens,jitter' },
    server: { type: 'string', default: '' },
    seconds: { type: 'string', default: '120' },
    rounds: { type: 'string', default: '3' },
  },
});
const wanted = values.only.split(',');
if (wanted.includes('crowd')) await printCrowd(Number(values.rounds));
if (wanted.includes('tokens')) await printTokenCrowd(Number(values.rounds));
if (wanted.includes('jitter')) {
  await printJitter(Number(values.seconds), (name) => name.includes(values.server));
}
