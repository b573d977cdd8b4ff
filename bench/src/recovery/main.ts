// npm run bench:recovery -- [--only jitter,crowd] [--server part of its name] [--seconds n] [--rounds n]
import { parseArgs } from 'node:util';
import { printCrowd } from './crowd.js';
import { printJitter } from './jitter.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'crowd,jitter' },
    server: { type: 'string', default: '' },
    seconds: { type: 'string', default: '120' },
    rounds: { type: 'string', default: '3' },
  },
});
const wanted = values.only.split(',');
if (wanted.includes('crowd')) await printCrowd(Number(values.rounds));
if (wanted.includes('jitter')) {
  await printJitter(Number(values.seconds), (name) => name.includes(values.server));
}
