// Process of the hub that local brokers connect to: node brokers/hub.js <path>
import { localHub } from '@asyngular/broker-local';

await localHub({ path: process.argv[2] });
