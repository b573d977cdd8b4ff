// The file that the workers run: node dist/workers/server.js [history]
import { listen } from '@asyngular/server';
import { authKey } from '../payload.js';

const channels = process.argv[2] === 'history' ? { 'c*': { history: {} } } : undefined;
listen(0, { authKey, channels });
