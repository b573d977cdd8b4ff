/** What the pages of these tests and their servers say to each other. */
export interface PageApi {
  channels: {
    [room: `room:${string}`]: { text: string };
    [secret: `secret:${string}`]: { text: string };
    flood: { n: number };
  };
  presence: { [room: `room:${string}`]: { status: string } };
  procedures: { count(to: number): AsyncIterable<number>; hello(name: string): string };
  clientReceivers: { notice: string };
  clientProcedures: { double(n: number): number };
  authToken: { name: string };
}
