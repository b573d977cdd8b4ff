import type { Redis } from 'ioredis';

const DELETE = `for _, key in ipairs(redis.call('KEYS', ARGV[1])) do redis.call('DEL', key) end`;
const SAVE = `
local saved = {}
for _, key in ipairs(redis.call('KEYS', ARGV[1])) do
  saved[#saved + 1] = {key, math.max(0, redis.call('PTTL', key)), redis.call('DUMP', key)}
end
return saved`;

/** Deletes everything whose name begins with a prefix. */
export async function deleteKeys(admin: Redis, prefix: string): Promise<void> {
  await admin.eval(DELETE, 0, `${prefix}*`);
}

/** Remembers everything under a prefix as it is now; the function it returns brings that state back. */
export async function saveKeys(admin: Redis, prefix: string): Promise<() => Promise<void>> {
  const saved = (await admin.callBuffer('EVAL', SAVE, 0, `${prefix}*`)) as [
    Buffer,
    number,
    Buffer,
  ][];
  return async () => {
    const bringBack = admin.multi().eval(DELETE, 0, `${prefix}*`);
    for (const [key, ttlMs, dump] of saved) bringBack.restore(key, ttlMs, dump);
    await bringBack.exec();
  };
}
