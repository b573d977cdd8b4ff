// A hub as a process of its own: the tests bundle and start it.
import { localHub } from '../../src/index.js';

const [, , path] = process.argv;

await localHub({ path });
process.once('disconnect', () => process.exit(0));
process.send!('ready');
