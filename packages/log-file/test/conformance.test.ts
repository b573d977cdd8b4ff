import { MemoryHub, memoryBroker } from '@asyngular/broker';
import { brokerConformance } from '@asyngular/broker/conformance';
import { describe, it } from 'vitest';
import { fileLog } from '../src/index.js';
import { temporaryFolder } from './support/folder.js';

brokerConformance({
  name: 'fileLog()',
  describe,
  it,
  log: {},
  setup: async (count) => {
    const folder = temporaryFolder();
    const hub = new MemoryHub({ log: fileLog({ directory: folder.path }) });
    return {
      brokers: Array.from({ length: count }, () => memoryBroker({ hub })),
      teardown: () => folder.remove(),
    };
  },
});

brokerConformance({
  name: 'fileLog() whose memory holds next to nothing',
  describe,
  it,
  log: {},
  setup: async (count) => {
    const folder = temporaryFolder();
    const hub = new MemoryHub({ log: fileLog({ directory: folder.path, maxCachedBytes: 1 }) });
    return {
      brokers: Array.from({ length: count }, () => memoryBroker({ hub })),
      teardown: () => folder.remove(),
    };
  },
});
