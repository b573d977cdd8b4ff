import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import { type ClientApi, contract, type ServerApi } from '../src/index.js';

const User = z.object({ id: z.string(), since: z.string().transform((text) => new Date(text)) });

const chat = contract({
  procedures: {
    login: {
      data: z.object({ name: z.string(), tries: z.number().default(0) }),
      result: User,
      errors: { NameTaken: z.object({ suggestion: z.string() }) },
    },
    ticks: { data: z.string(), yields: z.number().transform(String) },
    ping: {},
  },
  receivers: { typing: z.object({ room: z.string() }) },
  clientProcedures: { confirm: { data: z.string(), result: z.boolean() } },
  clientReceivers: { notice: z.string().transform((text) => text.length) },
  channels: {
    'room:{id}': {
      publish: z.object({ text: z.string().transform((text) => text.length) }),
      data: z.object({ text: z.string(), by: z.string() }),
      presence: z.enum(['here', 'away']),
    },
    'doc:{user}:{id}': { data: z.number() },
    rooms: z.array(z.string()),
  },
  authToken: z.object({ name: z.string() }),
});

interface Name {
  name: string;
  tries: number;
}

export function clients(api: ClientApi<typeof chat>): void {
  type Api = typeof api;
  expectTypeOf(api.procedures.login).toEqualTypeOf<
    (data: { name: string; tries?: number | undefined }) => { id: string; since: Date }
  >();
  expectTypeOf(api.procedures.ticks).toEqualTypeOf<(data: string) => AsyncIterable<string>>();
  expectTypeOf(api.procedures.ping).toEqualTypeOf<() => void>();
  expectTypeOf(api.receivers.typing).toEqualTypeOf<{ room: string }>();
  expectTypeOf(api.clientProcedures.confirm).toEqualTypeOf<(data: string) => boolean>();
  expectTypeOf(api.clientReceivers.notice).toEqualTypeOf<number>();
  expectTypeOf<Api['channels']['room:5']>().toEqualTypeOf<{ text: string; by: string }>();
  expectTypeOf<Api['channels']['doc:ann:5']>().toEqualTypeOf<number>();
  expectTypeOf(api.channels.rooms).toEqualTypeOf<string[]>();
  expectTypeOf<Api['publications']['room:5']>().toEqualTypeOf<{ text: string }>();
  expectTypeOf<Api['publications']['doc:ann:5']>().toEqualTypeOf<never>();
  expectTypeOf(api.publications.rooms).toEqualTypeOf<string[]>();
  expectTypeOf(api.presence).toEqualTypeOf<{ [room: `room:${string}`]: 'here' | 'away' }>();
  expectTypeOf(api.errors.login).toEqualTypeOf<{ NameTaken: { suggestion: string } }>();
  expectTypeOf(api.authToken).toEqualTypeOf<{ name: string }>();
  // @ts-expect-error no such procedure
  api.procedures.logout;
}

export function servers(api: ServerApi<typeof chat>): void {
  type Api = typeof api;
  expectTypeOf(api.procedures.login).toEqualTypeOf<(data: Name) => { id: string; since: string }>();
  expectTypeOf(api.procedures.ticks).toEqualTypeOf<(data: string) => AsyncIterable<number>>();
  expectTypeOf(api.procedures.ping).toEqualTypeOf<() => void>();
  expectTypeOf(api.clientReceivers.notice).toEqualTypeOf<string>();
  expectTypeOf<Api['channels']['room:5']>().toEqualTypeOf<{ text: string; by: string }>();
  expectTypeOf<Api['publications']['room:5']>().toEqualTypeOf<{ text: number }>();
  expectTypeOf<Api['publications']['doc:ann:5']>().toEqualTypeOf<never>();
  expectTypeOf<Api['serverPublications']['doc:ann:5']>().toEqualTypeOf<number>();
}

/** A section that is left out accepts everything. */
export function open(api: ClientApi<ReturnType<typeof small>>): void {
  expectTypeOf(api.procedures).toBeAny();
  expectTypeOf(api.channels).toBeAny();
  expectTypeOf(api.publications).toBeAny();
  expectTypeOf(api.receivers).toEqualTypeOf<{ typing: string }>();
}

const small = () => contract({ receivers: { typing: z.string() } });
