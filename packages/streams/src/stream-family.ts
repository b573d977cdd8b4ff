import * as operations from './stream-operations.js';

/** What each method of a family of streams does that is about one stream, by name. `*` stands for the family. */
const namedFamily = {
  'close*': operations.close,
  'kill*': operations.kill,
  'get*ConsumerStatsList': operations.getConsumerStatsList,
  'get*ConsumerCount': operations.getConsumerCount,
  'get*Backpressure': operations.getBackpressure,
  'has*Consumer': operations.hasConsumer,
};

/** The same about all streams of the family, and about one consumer of them, by id. */
const wholeFamily = {
  'closeAll*s': operations.closeAll,
  'killAll*s': operations.killAll,
  'getAll*sConsumerStatsList': operations.getConsumerStatsListAll,
  'getAll*sConsumerCount': operations.getConsumerCountAll,
  'getAll*sBackpressure': operations.getBackpressureAll,
  'kill*Consumer': operations.killConsumer,
  'get*ConsumerStats': operations.getConsumerStats,
  'get*ConsumerBackpressure': operations.getConsumerBackpressure,
  'hasAny*Consumer': operations.hasConsumerAll,
};

/** `Table` with `Family` in place of each `*`. */
type Named<Table, Family extends string> = {
  readonly [Name in keyof Table as Name extends `${infer Before}*${infer After}`
    ? `${Before}${Family}${After}`
    : never]: Table[Name];
};

export const allOf = <Family extends string>(family: Family) => name(wholeFamily, family);

export const eachOf = <Family extends string>(family: Family) => ({
  ...name(namedFamily, family),
  ...allOf(family),
});

function name<Table extends object, Family extends string>(
  table: Table,
  family: Family,
): Named<Table, Family> {
  const entries = Object.entries(table).map(([name, operation]) => [
    name.replace('*', family),
    operation,
  ]);
  return Object.fromEntries(entries) as Named<Table, Family>;
}
