/** What ours and the published stream packages have in common, as far as these tests go. */
export interface StreamUnderTest {
  createConsumer(): { id: number; next(): Promise<IteratorResult<unknown>> };
  write(value: unknown): void;
  closeConsumer(id: number, value?: unknown): void;
  getBackpressure(): number;
  getConsumerBackpressure(id: number): number;
}

/** Writes ten values to consumers A and B, closes A, writes one more, then reads A and B to the end; returns
 *  the backlogs of A and B and the longest of both after every step. */
export async function closeOneOfTwo(stream: StreamUnderTest): Promise<number[][]> {
  const [a, b] = [stream.createConsumer(), stream.createConsumer()];
  const backlogs: number[][] = [];
  const note = () => {
    const ofBoth = [a, b].map(({ id }) => stream.getConsumerBackpressure(id));
    backlogs.push([...ofBoth, stream.getBackpressure()]);
  };
  for (let value = 0; value < 10; value++) stream.write(value);
  note();
  stream.closeConsumer(a.id, 'end');
  note();
  stream.write(10);
  note();
  let packet: IteratorResult<unknown>;
  do {
    packet = await a.next();
    note();
  } while (!packet.done);
  for (let count = 0; count < 11; count++) {
    await b.next();
    note();
  }
  return backlogs;
}
