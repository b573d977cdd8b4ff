// npm run bench:workers [seconds] [workers]: what a second worker brings.
import { shapes } from '../brokers/shapes.js';
import { measureWorkers } from './measure.js';

const seconds = Number(process.argv[2] ?? 3);
const most = Number(process.argv[3] ?? 2);

for (const shape of shapes(0)) {
  console.log(`\n${shape.name} (${shape.channels} channels, ${shape.inFlight} in flight each)\n`);
  console.log(
    '| workers | deliveries/s | worker µs/delivery | primary µs/publication | deliveries/s, a core per worker | busy: workers, primary, generator |',
  );
  console.log('| --: | --: | --: | --: | --: | --- |');
  for (const history of [false, true]) {
    for (let workers = 1; workers <= most; workers++) {
      const measured = await measureWorkers(shape, workers, history, seconds);
      const cells = [
        `${workers}${history ? ', with history' : ''}`,
        measured.deliveriesPerSecond.toLocaleString('en'),
        measured.deliveryMicros.toFixed(2),
        measured.brokerMicros.toFixed(1),
        Math.round((workers * 1e6) / measured.deliveryMicros).toLocaleString('en'),
        measured.busy,
      ];
      console.log(`| ${cells.join(' | ')} |`);
    }
  }
}
