import * as operations from './stream-operations.js';

// The methods of every family of streams have the same names, but for the word that stands at `*`: `Listener`,
// `Procedure`. Each family declares and documents its own in full, as an interface that the compiler compares.

/** What the methods do that are about one stream, by name. */
const namedFamily = {
  'close*': operations.close,
  'kill*': operations.kill,
  'get*ConsumerStatsList': operations.getConsumerStatsList,
  'get*ConsumerCount': operations.getConsumerCount,
  'get*Backpressure': operations.getBackpressure,
  'has*Consumer': operations.hasConsumer,
};

/** What those do that are about all streams of the family, or about one of their consumers, by id. */
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
type FilledIn<Table, Family extends string> = {
  readonly [Name in keyof Table as Name extends `${infer Before}*${infer After}`
    ? `${Before}${Family}${After}`
    : never]: Table[Name];
};

/** The methods about all streams of a family. Channels add their own, which take the channel's name first. */
export const wholeMethods = <Family extends string>(family: Family) => fillIn(wholeFamily, family);

/** The methods about one stream of a family, and about all of them. */
export const familyMethods = <Family extends string>(family: Family) => ({
  ...fillIn(namedFamily, family),
  ...wholeMethods(family),
});

function fillIn<Table extends object, Family extends string>(
  table: Table,
  family: Family,
): FilledIn<Table, Family> {
  const entries = Object.entries(table).map(([name, operation]) => [
    name.replace('*', family),
    operation,
  ]);
  return Object.fromEntries(entries) as FilledIn<Table, Family>;
}
