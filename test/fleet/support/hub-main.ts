// The hub of a fleet on one machine, as a process of its own: the tests bundle and start it.
import { localHub } from '@asyngular/broker-local';

const [, , path] = process.argv;

await localHub({ path });
process.once('disconnect', () => process.exit(0));
process.send!('ready');
