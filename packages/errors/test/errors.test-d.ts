import type { AnyAsyngularError, AsyngularErrorCode, TimeoutError } from '@asyngular/errors';
import { expectTypeOf } from 'vitest';

expectTypeOf<'ERR_TIMEOUT'>().toMatchTypeOf<AsyngularErrorCode>();
expectTypeOf<TimeoutError['code']>().toEqualTypeOf<'ERR_TIMEOUT'>();
expectTypeOf<TimeoutError['name']>().toEqualTypeOf<'TimeoutError'>();

// @ts-expect-error no class has this code
expectTypeOf<'ERR_TIMEOUTS'>().toMatchTypeOf<AsyngularErrorCode>();

export function exhaustive(error: AnyAsyngularError): string {
  switch (error.code) {
    case 'ERR_BACKLOG_LIMIT':
      return `${error.highWaterMark} packets`;
    case 'ERR_BROKER_UNAVAILABLE':
      return error.reason;
    default:
      return error.name;
  }
}
