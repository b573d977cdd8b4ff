// npm run bench:presence -- [--only entering,cursors] [--rounds n] [--seconds n]
import { parseArgs } from 'node:util';
import { printCursors } from './cursors.js';
import { printEntering } from './entering.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: 'entering,cursors' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
  },
});
const wanted = values.only.split(',');
if (wanted.includes('entering')) await printEntering(Number(values.rounds));
if (wanted.includes('cursors')) await printCursors(Number(values.seconds));
