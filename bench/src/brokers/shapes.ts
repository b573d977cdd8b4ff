import type { Shape } from './fleet.js';

/** How publications reach people: one to one, in small groups, and in large rooms. `rate`: see `FleetLoad`. */
export function shapes(rate: number): Shape[] {
  return [
    { name: '1 subscriber per channel', channels: 50, subscribers: 1, inFlight: 4, rate },
    { name: '10 subscribers per channel', channels: 50, subscribers: 10, inFlight: 4, rate },
    { name: '200 subscribers per channel', channels: 4, subscribers: 200, inFlight: 8, rate },
  ];
}
