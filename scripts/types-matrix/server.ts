// A program for Node that uses the server with each broker and engine.
import { type Broker, memoryBroker } from '@asyngular/broker';
import { brokerConformance } from '@asyngular/broker/conformance';
import { natsBroker } from '@asyngular/broker-nats';
import { redisBroker } from '@asyngular/broker-redis';
import { create } from '@asyngular/client';
import { msgpackCodec } from '@asyngular/codec-msgpack';
import { asyncapi, contract, type ServerApi } from '@asyngular/contract';
import { fileLog } from '@asyngular/log-file';
import { type AGServer, type AGServerOptions, listen } from '@asyngular/server';
import { uwsEngine } from '@asyngular/server/uws';

/** Every optional member may also be given as `undefined`, as variables of the environment are. */
type MaybeUndefined<Options> = { [Name in keyof Options]: Options[Name] | undefined };
declare const anyOptions: MaybeUndefined<AGServerOptions>;
export const loose: AGServerOptions = anyOptions;

export const unused = [brokerConformance, uwsEngine, memoryBroker, create];
export const brokers: Broker[] = [
  natsBroker({ heartbeatMs: undefined }),
  redisBroker({ redis: { port: 6379 } }),
  memoryBroker({ log: fileLog({ directory: './data', maxCachedBytes: undefined }) }),
];

const authKey = process.env.AUTH_KEY;
export const server: AGServer = listen(8000, { authKey, broker: brokers[0] });

server.setMiddleware('inbound', async (stream) => {
  for await (const action of stream) action.allow();
});
server.handle('double', (value: number) => value * 2);

export async function main(): Promise<void> {
  for await (const { socket } of server.listener('connection')) {
    for await (const request of socket.procedure('double')) request.end(request.data * 2);
  }
  await server.close();
}

/** A schema as libraries make them, without one of them. */
declare const text: {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => { readonly value: string };
    readonly types?: { readonly input: string; readonly output: string } | undefined;
  };
};
export const chat = contract({
  procedures: { greet: { data: text, result: text, errors: { Refused: text } }, ping: {} },
  channels: { 'room:{id}': { publish: text, data: text }, lobby: text },
});
export const document = asyncapi(chat);
export const checked = listen(8001, { contract: chat, codecEngine: msgpackCodec() });
export const same: AGServer<ServerApi<typeof chat>> = checked;
export const { clients, exchange, fleet } = checked;
export const room = exchange.subscribe('room:1');
export const user = checked.user('ann');
checked.handle('greet', (name, { fail }) => {
  if (name === '') throw fail('Refused', 'nameless');
  return name.toUpperCase();
});
